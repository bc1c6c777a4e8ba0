/** `paramedic why`: each gate's verdict with its numbers, and when it clears. */
import type { Cli } from './main.ts'
import { CliError, json } from './client.ts'
import { show, table } from './out.ts'

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('why').description('why it ran, did not run, or what it waits for').argument('<id>', 'a workflow\'s id, or an alert\'s fingerprint').addHelpText('after', '\nExample:\n  paramedic why 675e2e')
    .action(async (id: string) => {
      const found = await json<any>(client(), 'GET', `/v1/workflows/${encodeURIComponent(id)}/why`).catch((problem: unknown) => {
        if (problem instanceof CliError && problem.exit === 1) return undefined
        throw problem
      })
      if (found) {
        return show(asJson(), found, () => [
          `${found.state}${found.reason ? `, ${found.reason}` : ''}${found.detail ? `: ${found.detail}` : ''}${found.clears ? `; clears ${found.clears}` : ''}`,
          ...found.stops.map((stop: any) => `stopped by ${stop.who}: ${stop.why}`),
          table(['POLICY', 'VERDICT', 'REASON', 'DETAIL', 'CLEARS'], found.verdicts.map((one: any) => [one.policy, one.verdict, one.reason, one.detail, one.clears])),
        ].join('\n'))
      }
      const { items } = await json<{ items: any[] }>(client(), 'GET', '/v1/episodes?limit=1000')
      const episode = items.find((one) => one.fingerprint === id || one.id === id || one.id.endsWith(id))
      if (!episode) throw new CliError(1, `neither a workflow nor an alert is known as ${id}`)
      show(asJson(), episode, () => `${episode.labels.alertname ?? '(no alertname)'} ${episode.status} since ${episode.startsAt}: ${JSON.stringify(episode.answer)}`)
    })
}

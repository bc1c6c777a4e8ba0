/** `paramedic status`: what runs and waits; or one workflow whole. */
import type { Cli } from './main.ts'
import { json } from './client.ts'
import { short, show, table } from './out.ts'

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('status').description('what runs, waits and was escalated; one workflow whole').argument('[id]').addHelpText('after', '\nExample:\n  paramedic status\n  paramedic status 675e2e')
    .action(async (id?: string) => {
      if (id !== undefined) {
        const one = await json<any>(client(), 'GET', `/v1/workflows/${encodeURIComponent(id)}`)
        return show(asJson(), one, () => workflowText(one))
      }
      const [{ items }, stops] = await Promise.all([json<{ items: any[] }>(client(), 'GET', '/v1/workflows'), json<{ items: any[] }>(client(), 'GET', '/v1/stops')])
      const inForce = stops.items.filter((one) => one.inForce)
      show(asJson(), { workflows: items, stops: inForce }, () => [
        ...inForce.map((one) => `STOPPED ${one.matchers.join(', ') || 'everything'} by ${one.who}: ${one.why} [${short(one.id)}]`),
        items.length === 0 ? 'no workflows yet' : table(['ID', 'RUNBOOK', 'TARGET', 'STATE', 'WHY', 'SINCE'], items.map((one) =>
          [short(one.id), one.runbook, one.targets.join(','), one.state, [one.reason, one.detail].filter(Boolean).join(': '), one.timeline.at(-1)?.at])),
      ].join('\n'))
    })
}

const workflowText = (one: any): string => [
  `${one.id} ${one.runbook} on ${one.targets.join(', ')}: ${one.state}${one.reason ? `, ${one.reason}` : ''}${one.detail ? ` (${one.detail})` : ''}`,
  ...(one.plan?.changes ?? []).map((change: any) => `  plan: ${change.target} ${JSON.stringify(change.from)} → ${JSON.stringify(change.to)}`),
  ...one.steps.flatMap((step: any) => [`  ${step.name} (${step.effect}): ${step.state}`, ...step.jobs.filter((job: any) => job.detail).map((job: any) => `    ${job.target}: ${job.detail}`)]),
  ...one.timeline.map((moment: any) => `  ${moment.at} ${moment.state}${moment.reason ? ` (${moment.reason})` : ''} ${moment.detail}`),
].join('\n')

/** `paramedic go`: lifts stops, and says what was held. */
import type { Cli } from './main.ts'
import { CliError, json } from './client.ts'
import { short, show } from './out.ts'

interface Lifted {
  readonly id: string
  readonly inForce: boolean
  readonly held: readonly { readonly workflow: string; readonly state: string }[]
}

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('go').description('lifts stops; what was held goes through every gate again').argument('[id...]', 'their ids, or the last six characters').requiredOption('--why <text>', 'for those who come after')
    .option('--all', 'every stop in force').addHelpText('after', '\nExample:\n  paramedic go 5ebf8f --why "fixed"')
    .action(async (ids: string[], { why, all }: { why: string; all?: boolean }) => {
      if (ids.length === 0 && !all) throw new CliError(2, 'name the stops to lift, or say --all: for a lift, empty never means everything')
      const wanted = all ? (await json<{ items: Lifted[] }>(client(), 'GET', '/v1/stops?limit=1000')).items.filter((one) => one.inForce).map((one) => one.id) : ids
      const lifted: Lifted[] = []
      for (const id of wanted) lifted.push(await json<Lifted>(client(), 'POST', `/v1/stops/${encodeURIComponent(id)}/lift`, { why }))
      show(asJson(), lifted, () => lifted.map((one) => [`lifted ${short(one.id)}, ${one.held.length} held`, ...one.held.map(({ workflow, state }) => `  ${short(workflow)} ${state}`)].join('\n')).join('\n') || 'there was no stop in force')
    })
}

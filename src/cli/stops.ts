/** `paramedic stops` */
import type { Cli } from './main.ts'
import { json } from './client.ts'
import { short, show, table } from './out.ts'

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('stops').description('stops with their proofs').addHelpText('after', '\nExample:\n  paramedic stops').action(async () => {
    const { items } = await json<{ items: any[] }>(client(), 'GET', '/v1/stops')
    show(asJson(), items, () => table(['ID', 'IN FORCE', 'COVERS', 'KIND', 'BY', 'WHY', 'RUNNERS', 'HELD'], items.map((one) =>
      [short(one.id), one.inForce ? 'yes' : 'lifted', one.matchers.join(', ') || 'everything', one.kind, one.who, one.why, one.acknowledgements.length, one.held.length])))
  })
}

/** `paramedic stops` */
import type { Form } from '../http/schemas.ts'
import { all, type ClientOptions } from './client.ts'
import type { Cli } from './main.ts'
import { shorten, show, table } from './out.ts'

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('stops').description('stops with their proofs').addHelpText('after', '\nExample:\n  paramedic stops').action(async () => {
    const items = await all<Form<'Stop'>>(client(), '/v1/stops')
    const id = shorten(items.map((one) => one.id))
    show(asJson(), items, () => items.length === 0 ? 'no stop was ever pulled here' : table(['ID', 'STATE', 'COVERS', 'KIND', 'BY', 'WHY', 'RUNNERS', 'KILLED', 'HELD'], items.map((one) => [
      id(one.id), one.inForce ? (one.durable ? `in force${one.liftsItself === undefined ? '' : ` until ${one.liftsItself}`}` : 'in force, not on the log yet') : 'lifted', one.matchers.join(', ') || 'everything', one.kind, one.who, one.why,
      `${one.acknowledgements.length}/${one.acknowledgements.length + one.missing.length}`, Math.max(one.killed.length, one.acknowledgements.reduce((sum, { killed }) => sum + killed, 0)), one.held.length,
    ])))
  })
}

export const stopsInForce = async (options: ClientOptions): Promise<Form<'Stop'>[]> =>
  (await all<Form<'Stop'>>(options, '/v1/stops', { inForce: 'true' })).filter(({ inForce }) => inForce)

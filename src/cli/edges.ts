/** `paramedic edges`: what the server calls outside of itself, and whether it is well. */
import type { Form } from '../http/schemas.ts'
import { json } from './client.ts'
import type { Cli } from './main.ts'
import { alarm, clean, show, table } from './out.ts'

type Edge = Form<'EdgeList'>['items'][number]

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('edges').description('what the server calls outside of itself, and whether it is well').addHelpText('after', '\nExample:\n  paramedic edges').action(async () => {
    const [{ items }, { items: switches }] = await Promise.all([json<Form<'EdgeList'>>(client(), 'GET', '/v1/edges'), json<Form<'SwitchList'>>(client(), 'GET', '/v1/switches')])
    show(asJson(), items, () => items.length === 0 ? 'nothing outside is configured' : table(['EDGE', 'STATE', 'IN FLIGHT', 'WAITING', 'CALLS', 'FAILED', 'RETRIED', 'REFUSED', 'LAST ERROR'], items.map((one) => [
      one.edge, stateOf(one), one.inFlight, one.waiting, one.calls, one.failed, one.retried, one.refused, one.lastError === undefined ? '' : `${one.lastError.at} ${one.lastError.error}`,
    ])) + switches.map(({ edge, mode, who, why }) => alarm(clean(`\nswitched ${mode}: ${edge}, by ${who}: ${why}`))).join(''))
  })
}

function stateOf({ mode, degraded, breakers, endpoints }: Edge): string {
  if (mode !== 'on') return alarm(`switched ${mode}`)
  if (!degraded) return 'well'
  const left = [...breakers.filter(({ state }) => state !== 'closed').map(({ target, state }) => `${target || 'all'} ${state}`), ...endpoints.filter(({ benchedUntil }) => benchedUntil).map(({ endpoint }) => `${endpoint} benched`)]
  return alarm(left.join(', '))
}

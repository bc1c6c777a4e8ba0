/** Versions side by side: what each server knows, and the end of an upgrade (protocol rule 10). */
import { upgradeOf } from '../core/upgrade.ts'
import { answer } from './answer.ts'
import type { Call } from './call.ts'
import { Refusal } from './errors.ts'
import { busy } from './shares.ts'
import type { Form } from './schemas.ts'
import { record } from './word.ts'

export function showUpgrade({ res, ports }: Call): void {
  answer(res, 200, view(ports))
}

export async function finishUpgrade(call: Call): Promise<void> {
  const { res, ports } = call
  const { peers, state } = ports.read()
  const { version, older } = upgradeOf(peers)
  if (older.length > 0) {
    const names = older.map(({ name, foldVersion }) => `${name} (${foldVersion})`).join(', ')
    throw new Refusal('OLDER_SERVERS', `These know less than fold version ${version}: ${names}. Upgrade them first; one that is gone for good is declared lost within lostAfter.`, { more: { older: older.map(({ name }) => name) } })
  }
  if (state.foldVersion < version) await record(call, [{ kind: 'fold version', version }])
  if (ports.read().state.foldVersion < version) throw busy('This process began anew meanwhile: ask again.')
  answer(res, 202, view(ports))
}

const view = (ports: Call['ports']): Form<'Upgrade'> => {
  const { peers, state } = ports.read()
  return { foldVersion: state.foldVersion, possible: upgradeOf(peers).version, servers: peers.map(({ id, name, foldVersion }) => ({ id, name, foldVersion })) }
}

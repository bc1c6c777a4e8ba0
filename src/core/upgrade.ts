/**
 * Versions side by side (protocol rule 10): a release writes only what the release before it can fold, until no server of
 * that one is left and a person says so. Then the fold version is raised, for good.
 */
import type { Fact } from './entry.ts'
import type { State } from './state.ts'

/** The meaning of the fold that this code has. A log that asks for more is not folded, loudly. */
export const foldVersion = 2

/**
 * Which fold version brought a kind. A field, or another meaning of an old kind, is for whoever writes and whoever folds it
 * to ask `state.foldVersion` for.
 */
const since: Readonly<Record<Fact['kind'], number>> = {
  approved: 1, 'breaker closed': 1, cancelled: 1, 'catalogue activated': 1, 'catalogue announced': 1, 'catalogue refused': 1, claimed: 1, decided: 1, denied: 1,
  ended: 1, 'exec asked': 1, 'fold version': 1, 'heartbeat missed': 1, joined: 1, 'let go': 1, matched: 1, 'message sent': 1, noted: 1, planned: 1, printed: 1,
  received: 1, 'runner lost': 1, 'snapshot made': 1, 'step done': 1, 'step failed': 1, 'stop acknowledged': 1, 'stop lifted': 1, 'stop pulled': 1, submitted: 1,
  taken: 1, unmatched: 1, verified: 1,
  'catalogue part': 2, 'changed by hand': 2, resumed: 2, climbed: 2, switched: 2, promoted: 2, demoted: 2, 'logins refused': 2, drilled: 2,
}

/** Said to whoever would write what an older server could not fold. */
export class UpgradeUnfinished extends Error {
  override readonly name = 'UpgradeUnfinished'
  constructor({ kind }: Pick<Fact, 'kind'>) {
    super(`\`${kind}\` is not written before the upgrade is finished: once no older server is left, \`paramedic upgrade finish\``)
  }
}

/** These facts, where every server that may fold this log knows what they are. */
export const known = (facts: readonly Fact[], { foldVersion: now }: Pick<State, 'foldVersion'>): readonly Fact[] => {
  const tooNew = facts.find(({ kind }) => since[kind] > now)
  if (tooNew) throw new UpgradeUnfinished(tooNew)
  return facts
}

export interface Supports {
  readonly name: string
  readonly foldVersion: number
}

/** The version to which those that live could raise it, and who among them is too old for that. */
export const upgradeOf = <S extends Supports>(live: readonly S[]): { version: number; older: S[] } => {
  const version = Math.max(foldVersion, ...live.map((one) => one.foldVersion))
  return { version, older: live.filter((one) => one.foldVersion < version) }
}

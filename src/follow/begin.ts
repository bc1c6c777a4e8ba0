/** What a process says first. A log that has forgotten its stops starts stopped; embedded, whoever was here before us is gone: the file is ours. */
import type { Fact, StopOrder } from '../core/entry.ts'
import type { State } from '../core/state.ts'
import { foldVersion } from '../core/upgrade.ts'

export type Joined = Fact & { readonly kind: 'joined' }

export interface BeginOptions {
  readonly state: State
  readonly append: (facts: readonly Fact[]) => Promise<number>
  readonly folded: (position: number) => Promise<void>
  readonly me: string
  readonly joined: Joined
  readonly newId: () => string
  readonly embedded: boolean
  /** An older log, or another one, stands where the snapshots were made of. */
  readonly replaced: boolean
  /** Stops that the file has and the log has not. */
  readonly unrecorded: readonly StopOrder[]
  readonly peers: ReadonlyMap<string, { readonly tick: { readonly foldVersion: number } }>
  readonly notify: (text: string) => void
}

export const begin = async ({ state, append, folded, me, joined, newId, embedded, replaced, unrecorded, peers, notify }: BeginOptions): Promise<void> => {
  // Before anybody is lost: what a stop had killed is not offered again.
  const facts: Fact[] = [joined, ...unrecorded.map((stop): Fact => ({ kind: 'stop pulled', stop }))]
  if (state.position === 0 || replaced) {
    const why = replaced ? 'new log: it was restored or replaced, and may have forgotten stops and limits' : 'new log'
    facts.push({ kind: 'stop pulled', stop: { id: newId(), matchers: [], effect: 'kill', who: 'paramedic', why } })
  }
  // A log that is new has no older server to wait for.
  const all = Math.min(foldVersion, ...[...peers].filter(([id]) => !state.processes.get(id)?.lost).map(([, { tick }]) => tick.foldVersion))
  if (state.position === 0 && all > state.foldVersion) facts.push({ kind: 'fold version', version: all })
  if (embedded) {
    for (const [id, process] of state.processes) {
      if (!process.lost && id !== me) facts.push({ kind: 'runner lost', runner: id, name: joined.name, why: 'another process has taken over the log' })
    }
  }
  await folded(await append(facts))
  if (state.foldVersion < all) {
    notify(`the log is at fold version ${state.foldVersion}, and every server that is here knows ${all}: once no older one is to come back, \`paramedic upgrade finish\``)
  }
}

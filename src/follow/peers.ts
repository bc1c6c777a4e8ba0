/**
 * The second way of a stop: straight over HTTP to every process that may still hold a lease, so that it takes
 * milliseconds while Kafka elects a leader, and arrives when there is no Kafka at all. The answer is the peer's own
 * proof. A peer that does not answer is asked again for a minute; it is named as missing until it has answered or is lost.
 * Never over an edge: a stop waits behind no breaker, no pace and no other call (docs/decisions/0012).
 */
import { formatDuration } from '../core/duration.ts'
import type { StopOrder } from '../core/entry.ts'
import type { Clock } from '../log/clock.ts'
import type { Tick } from './control.ts'
import type { Acknowledged } from './proofs.ts'

/** Brings a stop to one peer; resolves with what that one proves. Rejects where the stop was not taken. */
export type TellPeer = (peer: Tick, stop: StopOrder, signal: AbortSignal) => Promise<readonly Acknowledged[]>

export interface RelayOptions {
  readonly clock: Clock
  readonly tellPeer: TellPeer
  /** The others: whoever ticked and is not lost. */
  readonly peers: () => readonly Tick[]
  readonly hear: (stop: string, acknowledged: Acknowledged) => void
  /** Nobody needs to be told any more: it was lifted. */
  readonly over: (stop: string) => boolean
  readonly notify: (text: string) => void
}

const callMs = 5000
const peerWaits = '4s'
const againMs = 1000
const triesForMs = 60_000

export const createRelay = (options: RelayOptions) => {
  const ended = new AbortController()
  const tell = async (peer: Tick, stop: StopOrder): Promise<void> => {
    const until = options.clock.steady() + triesForMs
    for (let told = false; ;) {
      const problem = await options.tellPeer(peer, stop, ended.signal).then((acknowledged) => {
        for (const one of acknowledged) if (one.runner === peer.by) options.hear(stop.id, one)
        return acknowledged.some(({ runner }) => runner === peer.by) || !peer.roles.includes('run') ? undefined : 'it has not yet let go'
      }, (thrown: unknown) => (thrown instanceof Error ? ((thrown.cause as Error | undefined)?.message ?? thrown.message) : String(thrown)))
      if (problem === undefined || ended.signal.aborted) return
      if (!told) options.notify(`the stop ${stop.id} was not answered by ${peer.name} at ${peer.address}: ${problem}; it is told again, and on the control stream`)
      told = true
      await new Promise<void>((resolve) => void options.clock.after(againMs, resolve))
      if (ended.signal.aborted || options.clock.steady() > until || options.over(stop.id) || !options.peers().some(({ by }) => by === peer.by)) return
    }
  }
  return {
    /** To all of them at once. */
    send: (stop: StopOrder): void => {
      for (const peer of options.peers()) void tell(peer, stop)
    },
    close: (): void => ended.abort(),
  }
}
export type Relay = ReturnType<typeof createRelay>

/** How one is asked; never by way of a proxy. */
export type Ask = (url: string, asked: { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body: string; readonly signal: AbortSignal }) => Promise<Response>

export const tellBy = (ask: Ask): TellPeer => async ({ address, stopKey }, { id, matchers, effect, forMs, who, why }, signal) => {
  const response = await ask(`${address}/v1/stops?wait=${peerWaits}`, {
    method: 'POST', signal: AbortSignal.any([signal, AbortSignal.timeout(callMs)]),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${stopKey}` }, body: JSON.stringify({ id, matchers, kind: effect, ...(forMs === undefined ? {} : { for: formatDuration(forMs) }), who, why }),
  })
  if (response.status !== 201) throw new Error(`it answered ${response.status}`)
  const { acknowledgements = [] } = (await response.json()) as { acknowledgements?: readonly Acknowledged[] }
  return acknowledgements.map(({ runner, name, killed, survivors, tookMs }) => ({ runner, name, killed, survivors, tookMs }))
}

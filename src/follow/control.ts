/**
 * The small stream: a tick of every process each 250 ms, and stops. A process's lease is the sending time of its newest
 * tick read back; everything that starts or goes on is measured against it, so that silence stops work by itself.
 */
import { every, type Clock } from '../log/clock.ts'
import { LogError, type Codec, type Log } from '../log/log.ts'
import type { StopOrder } from '../core/entry.ts'

export interface Tick {
  readonly kind: 'tick'
  readonly by: string
  readonly n: number
  /** The sender's CLOCK_BOOTTIME in milliseconds. Nobody else compares it with anything. */
  readonly sentAt: number
  readonly name: string
  readonly host: string
  readonly address: string
  /** Opens `POST /v1/stops` of this process to the others, and nothing else: whoever can read it here could put a stop here. */
  readonly stopKey: string
  readonly roles: readonly string[]
  readonly foldVersion: number
  readonly catalogue: string
  /** Of a runner that does not serve everything: matchers of its targets, and digests of scripts that it needs and has not. */
  readonly targets?: readonly string[]
  readonly lacks?: readonly string[]
}
export type ControlRecord = Tick | { readonly kind: 'stop'; readonly by: string; readonly n: number; readonly stop: StopOrder } | Forgotten
/** Takes a key from the stream: of it nothing is left, and nobody reads this. */
interface Forgotten {
  readonly kind: 'forgotten'
  readonly key: string
}

export const controlCodec: Codec<ControlRecord> = {
  encode: (record) => (record.kind === 'forgotten' ? '' : JSON.stringify(record)),
  decode: (text) => {
    const record = JSON.parse(text) as Partial<Record<keyof Tick | 'stop', unknown>> | null
    const isOurs = typeof record?.by === 'string' && Number.isSafeInteger(record.n) && (record.kind === 'tick' ? Array.isArray(record.roles) : record.kind === 'stop' && typeof record.stop === 'object')
    if (!isOurs) throw new TypeError('not a record of Paramedic')
    return record as ControlRecord
  },
  othersMayWrite: true,
  key: (record) => (record.kind === 'tick' ? record.by : record.kind === 'stop' ? record.stop.id : record.key),
  kind: (record) => record.kind,
}

const tickEveryMs = 250
/** A log that does not answer is sent further ticks all the same: so many, each waited for this long. */
const ticksInFlight = 4
const tickGoneMs = 5000
/** A lease older than this starts nothing. */
export const freshMs = 1500

export interface Peer {
  readonly tick: Tick
  /** On our own steady clock. */
  readonly seenAt: number
}

export interface ControlOptions {
  readonly log: Log<ControlRecord>
  readonly clock: Clock
  /** Steady time that goes on through suspension: CLOCK_BOOTTIME, milliseconds. */
  readonly boottime: () => number
  readonly tick: () => Omit<Tick, 'kind' | 'n' | 'sentAt'>
  readonly onLease: (sentAt: number) => void
  readonly onStop: (stop: StopOrder) => void
  readonly onProblem: (problem: unknown) => void
}

/** Writes our ticks, reads everybody's. `caughtUp` resolves once the stream was read to its end. */
export const startControl = (options: ControlOptions) => {
  const ended = new AbortController()
  const peers = new Map<string, Peer>()
  const stops = new Set<string>()
  const caughtUp = Promise.withResolvers<void>()
  const own = { id: '', sentAt: Number.NEGATIVE_INFINITY, n: 0, sending: 0 }

  const fold = (record: ControlRecord): void => {
    if (record.kind === 'forgotten') return
    if (record.kind === 'stop') {
      stops.add(record.stop.id)
      return options.onStop(record.stop)
    }
    const now = options.boottime()
    if ((peers.get(record.by)?.tick.n ?? 0) < record.n) peers.set(record.by, { tick: record, seenAt: now })
    if (record.by !== own.id || record.sentAt <= own.sentAt) return
    own.sentAt = record.sentAt
    options.onLease(record.sentAt)
  }

  const read = async (): Promise<void> => {
    for await (const batch of options.log.follow(0, ended.signal)) {
      if (batch === 'caught up') caughtUp.resolve()
      else for (const { entry } of batch) fold(entry)
    }
  }
  const failed = Promise.withResolvers<unknown>()
  const reading = read().catch((problem: unknown) => {
    if (ended.signal.aborted) return
    caughtUp.reject(problem)
    failed.resolve(problem)
  })

  const tick = async (): Promise<void> => {
    if (own.sending >= ticksInFlight) return
    own.sending++
    const settle = once(() => own.sending--)
    const cancel = options.clock.after(tickGoneMs, settle)
    const about = options.tick()
    if (about.by !== own.id) Object.assign(own, { id: about.by, n: 0, sentAt: Number.NEGATIVE_INFINITY })
    try {
      await options.log.append([{ kind: 'tick', n: ++own.n, sentAt: options.boottime(), ...about }])
    } catch (problem) {
      // A log that takes none tells people itself, now and then: not four times a second.
      if (!ended.signal.aborted && !(problem instanceof LogError)) options.onProblem(problem)
    } finally {
      cancel()
      settle()
    }
  }
  const stopTicking = every(options.clock, tickEveryMs, () => void tick())
  void tick()

  return {
    caughtUp: caughtUp.promise,
    /** Resolves when the stream cannot be followed any further, with why: no stop comes by it any more, and no lease. */
    failed: failed.promise,
    peers: (): ReadonlyMap<string, Peer> => peers,
    /** The ids of those that it brought. */
    stops: (): ReadonlySet<string> => stops,
    forget: (key: string): void => {
      peers.delete(key)
      stops.delete(key)
    },
    /** For everybody who reads it from now on. */
    clear: (key: string) => options.log.append([{ kind: 'forgotten', key }]),
    /** Age of our lease in milliseconds. */
    age: (): number => options.boottime() - own.sentAt,
    sendStop: (stop: StopOrder, by: string, n: number) => options.log.append([{ kind: 'stop', by, n, stop }]),
    close: async (): Promise<void> => {
      stopTicking()
      ended.abort()
      await reading
    },
  }
}

const once = (act: () => void): (() => void) => {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}

export type Control = ReturnType<typeof startControl>

import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaClients } from './kafka-client.ts'
import type { Outage } from './kafka-outage.ts'
import type { Own } from './kafka-own.ts'
import type { Codec } from './log.ts'

/** `log`: webhooks compress well, gzip. The others are compacted, so that every record needs a key; sent as they are. */
export type TopicKind = 'log' | 'control' | 'snapshots'

/** What appending to a topic and following it have in common. */
export interface KafkaStream<E> {
  readonly topic: string
  readonly kind: TopicKind
  readonly codec: Codec<E>
  readonly own: Own<E>
  readonly clients: KafkaClients
  readonly outage: Outage
  readonly notify: (text: string) => void
  /** Resolves when both topics are known to be fit. Rejects where only a person can help. */
  readonly ready: Promise<void>
  /** After this an append that Kafka does not take rejects. */
  readonly giveUpMs: number
  /** After this people are called because of a refusal that a broker may also give while it starts. */
  readonly patienceMs: number
}

/** Between two clients. */
export const PAUSE_MS = 50

/** kafkajs hangs for ever at some failures (a missing topic, a `connect`), so nothing of it is awaited without this. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  work.catch(() => {})
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer within ${Math.round(ms)} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits, or less if the signal says so. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}

/** What `work` gives, or undefined as soon as the signal aborts. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  work.catch(() => {})
  if (signal.aborted) return undefined
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
  const abort = () => resolve(undefined)
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

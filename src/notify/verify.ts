/**
 * Whether a request is Slack's: `v0=` and the HMAC-SHA256 of `v0:{timestamp}:{body}` under the signing secret (Slack's
 * "Verifying requests from Slack"). Too old, from the future, or seen before is refused alike.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

export interface SlackSigned {
  readonly signingSecret: string
  /** As the headers have them: more than one of a kind is none. */
  readonly timestamp: unknown
  readonly signature: unknown
  readonly rawBody: Buffer | string
  /** The wall clock, in milliseconds: Slack signs by it. */
  readonly now: number
  readonly seen: SeenSignatures
}

export type Verified = { readonly ok: true } | { readonly ok: false; readonly why: string }

const goodForMs = 300_000

export const verifySlack = ({ signingSecret, timestamp, signature, rawBody, now, seen }: SlackSigned): Verified => {
  if (signingSecret === '') return { ok: false, why: 'no signing secret is configured' }
  if (typeof timestamp !== 'string' || typeof signature !== 'string') return { ok: false, why: 'the timestamp or the signature is missing' }
  if (!/^\d{1,12}$/.test(timestamp) || !/^v0=[0-9a-f]{64}$/.test(signature)) return { ok: false, why: 'the timestamp or the signature cannot be read' }
  const aside = now - Number(timestamp) * 1000
  if (Math.abs(aside) > goodForMs) return { ok: false, why: aside > 0 ? 'it is more than five minutes old' : 'it is more than five minutes ahead' }
  const expected = createHmac('sha256', signingSecret).update(`v0:${timestamp}:`).update(rawBody).digest()
  const given = Buffer.from(signature.slice(3), 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { ok: false, why: 'the signature is wrong' }
  // Only what was signed is remembered: nobody else can fill the memory.
  return seen.add(signature, Number(timestamp) * 1000, now) ? { ok: true } : { ok: false, why: 'it was sent before' }
}

/** The signatures that could still be replayed. */
export class SeenSignatures {
  readonly #until = new Map<string, number>()
  readonly #most: number

  constructor(most = 10_000) {
    this.#most = most
  }

  /** False if it was there. */
  add(signature: string, signedAt: number, now: number): boolean {
    if (this.#until.has(signature)) return false
    if (this.#until.size >= this.#most) this.#forget(now)
    this.#until.set(signature, signedAt + goodForMs)
    return true
  }

  /** What is too old to pass, and if that is nothing, what was seen first. */
  #forget(now: number): void {
    for (const [signature, until] of this.#until) if (until < now) this.#until.delete(signature)
    const [first] = this.#until.keys()
    if (this.#until.size >= this.#most && first !== undefined) this.#until.delete(first)
  }
}

/**
 * Grafana's signature of a notification (https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/#hmac-signature):
 * hex of HMAC-SHA256 over the body, or over `timestamp:body` where the contact point names a header for the timestamp,
 * which is seconds since 1970. A signature without a timestamp can be sent again by whoever saw it once.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Refusal } from './errors.ts'

export interface SignatureOptions {
  readonly secret: () => string
  readonly signatureHeader: string
  readonly timestampHeader?: string
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number
}

const mostApartMs = 300_000
const wrong = (): Refusal => new Refusal('BAD_SIGNATURE', 'Sign the body with the secret that both sides know.')

export function verifySignature(req: IncomingMessage, body: Buffer, { secret, signatureHeader, timestampHeader, now }: SignatureOptions): void {
  const given = header(req, signatureHeader)
  if (given === undefined || !/^[0-9a-f]{64}$/i.test(given)) throw wrong()
  const hmac = createHmac('sha256', secret())
  if (timestampHeader !== undefined) {
    const stamp = header(req, timestampHeader)
    if (stamp === undefined || !/^\d{1,13}$/.test(stamp)) throw wrong()
    // Too old or too new alike: a clock that is wrong is no reason to believe it.
    if (Math.abs(now() - Number(stamp) * 1000) > mostApartMs) throw wrong()
    hmac.update(`${stamp}:`)
  }
  if (!timingSafeEqual(hmac.update(body).digest(), Buffer.from(given, 'hex'))) throw wrong()
}

const header = (req: IncomingMessage, name: string): string | undefined => {
  const value = req.headers[name.toLowerCase()]
  return typeof value === 'string' ? value.trim() : undefined
}

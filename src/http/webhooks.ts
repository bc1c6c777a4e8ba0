/** The way in for alerts: durable, then 200. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Request, Response } from 'express'
import { withRawBody, type Fact, type Received } from '../core/entry.ts'
import { parseNotification } from '../core/notification.ts'
import { notificationParts } from '../core/parts.ts'
import { LogError } from '../log/log.ts'
import { parseJson, readBody } from './body.ts'
import { HttpProblem } from './problem.ts'

export interface WebhookPorts {
  append(facts: readonly Fact[], within: { deadlineMs: number }): Promise<number>
  readonly grafanaSecret: (() => string) | undefined
  now(): number
}

/** After this the sender is told to come again. */
const durableWithinMs = 5000
const signatureGoodMs = 300_000

export const receive = async (source: Received['source'], request: Request, response: Response, ports: WebhookPorts, sender: string): Promise<void> => {
  const body = await readBody(request)
  if (source === 'grafana' && ports.grafanaSecret) verifyGrafana(request, body, ports.grafanaSecret(), ports.now())
  const text = body.toString('utf8')
  const parsed = parseNotification(source, parseJson(text))
  const { notification, problems } = parsed
  if (!notification || (notification.alerts.length === 0 && problems.length > 0)) {
    throw new HttpProblem('BAD_NOTIFICATION', problems.map((one) => `alerts[${one.index}].${one.field}: ${one.problem}`).slice(0, 20).join('; '))
  }
  const parts = notificationParts(parsed, text)
  const facts = parts.map((part, index): Received => withRawBody({
    kind: 'received', source, payload: undefined, sender, ...(index === 0 && problems.length > 0 ? { problems: problems.slice(0, 50) } : {}),
  }, part))
  if (facts.length > 0) await durable(ports, facts)
  response.status(200).json({
    accepted: notification.alerts.length,
    alerts: notification.alerts.map(({ fingerprint, episode }) => ({ fingerprint, episode })),
    ...(problems.length > 0 ? { problems } : {}),
  })
}

const durable = async (ports: WebhookPorts, facts: readonly Fact[]): Promise<void> => {
  try {
    await ports.append(facts, { deadlineMs: durableWithinMs })
  } catch (problem) {
    if (!(problem instanceof LogError)) throw problem
    throw new HttpProblem(problem.code === 'LOG_BUSY' ? 'BUSY' : 'NOT_DURABLE', problem.message)
  }
}

/**
 * Grafana signs the body, or `timestamp:body` where it sends a timestamp, with HMAC-SHA256 in hex
 * (Grafana documentation, "Configure webhook notifications", HMAC signature).
 */
const verifyGrafana = (request: Request, body: Buffer, secret: string, now: number): void => {
  const signature = Buffer.from(String(request.headers['x-grafana-alerting-signature'] ?? ''), 'hex')
  const timestamp = request.headers['x-grafana-alerting-timestamp']
  if (typeof timestamp === 'string' && !(Math.abs(now - Number(timestamp) * 1000) < signatureGoodMs)) throw new HttpProblem('BAD_SIGNATURE')
  const hmac = createHmac('sha256', secret)
  if (typeof timestamp === 'string') hmac.update(`${timestamp}:`)
  const expected = hmac.update(body).digest()
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) throw new HttpProblem('BAD_SIGNATURE')
}

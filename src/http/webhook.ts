/**
 * Alerts come in: read whole, parsed once, appended with whatever else waits. Durable, then 200; else 503, so that the
 * sender comes again. A bad alert is named by index and field, and its good neighbours are taken.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AlertProblem, Notification } from '../core/alert.ts'
import { withParsed, withRawBody, type Received } from '../core/entry.ts'
import { parseNotification, type ParsedNotification } from '../core/notification.ts'
import { notificationParts } from '../core/parts.ts'
import { LogError } from '../log/log.ts'
import { answer } from './answer.ts'
import { bigBytes, checkStructure, type Turns } from './big.ts'
import { inflate, readBody, type BodyBudget } from './body.ts'
import { later, Refusal } from './errors.ts'
import type { Ports } from './ports.ts'

/** An answer after this would come too late for some senders, who then repeat what may be durable already. */
const durableWithinMs = 5000

export interface Intake {
  readonly ports: Pick<Ports, 'append'>
  readonly budget: BodyBudget
  readonly turns: Turns
}

export interface Delivery {
  readonly source: Notification['source']
  readonly sender: string | undefined
  /** Throws a Refusal if the bytes are not what somebody who may send signed. */
  readonly verify?: (body: Buffer) => void
}

export async function takeNotification(req: IncomingMessage, res: ServerResponse, { ports, budget, turns }: Intake, delivery: Delivery): Promise<void> {
  const raw = await readBody(req, budget)
  try {
    delivery.verify?.(raw)
    const encoding = req.headers['content-encoding']
    const big = raw.length > bigBytes || (encoding !== undefined && raw.length > bigBytes / 16)
    const parsed = big
      ? await turns.run(async (pause) => {
          const body = await inflate(raw, encoding)
          checkStructure(body)
          await pause()
          return prepare(body.toString(), delivery, pause)
        })
      : await prepare((await inflate(raw, encoding)).toString(), delivery)
    await makeDurable(ports, parsed.facts)
    answer(res, 200, reply(parsed))
  } finally {
    budget.give(raw.length)
  }
}

interface Prepared extends ParsedNotification {
  readonly facts: readonly Received[]
}

async function prepare(text: string, { source, sender }: Delivery, pause?: () => Promise<void>): Promise<Prepared> {
  const json = parseJson(text)
  await pause?.()
  const parsed = parseNotification(source, json)
  await pause?.()
  const parts = parsed.notification?.alerts.length === 0 ? [] : notificationParts(parsed, text)
  const { notification, problems } = parsed
  if (parts.length === 0 && problems.length > 0) throw refused(problems)
  const from = sender === undefined ? {} : { sender }
  const facts = parts.map((part, index): Received => {
    // What was wrong is told once.
    const told = index === 0 && problems.length > 0 ? { problems } : {}
    const asItCame = part === text
    const fact = withRawBody({ kind: 'received', source, payload: asItCame ? json : JSON.parse(part), ...told, ...from }, part)
    return asItCame ? withParsed(fact, notification!) : fact
  })
  return { notification, problems, facts }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own words would repeat a piece of the body.
    throw new Refusal('BAD_JSON', text === '' ? 'The body is empty: was the request redirected?' : 'The body is not JSON.')
  }
}

const refused = (problems: readonly AlertProblem[]): Refusal => {
  const first = problems[0]!
  const where = first.index < 0 ? first.field : `alerts[${first.index}]${first.field === '' ? '' : `.${first.field}`}`
  return new Refusal('BAD_NOTIFICATION', `${where === '' ? '' : `${where} `}${first.problem}`, { more: { problems } })
}

async function makeDurable(ports: Pick<Ports, 'append'>, facts: readonly Received[]): Promise<void> {
  if (facts.length === 0) return // a group without alerts: nothing to keep
  try {
    await ports.append(facts, { deadlineMs: durableWithinMs })
  } catch (problem) {
    if (!(problem instanceof LogError)) throw problem
    if (problem.code === 'LOG_BUSY') throw new Refusal('QUEUE_FULL', 'Too much waits to be written.', { headers: later() })
    throw new Refusal('NOT_DURABLE', 'The log did not take it in time: send it again.', { headers: later() })
  }
}

const reply = ({ notification, problems }: ParsedNotification) => {
  const alerts = notification?.alerts.map(({ fingerprint, episode }) => ({ fingerprint, episode })) ?? []
  return { accepted: alerts.length, alerts, ...(problems.length > 0 ? { problems } : {}) }
}

/**
 * Alerts come in: read whole, parsed once, appended with whatever else waits. Durable, then 200; else 503, so that the
 * sender comes again. A bad alert is named by index and field, and its good neighbours are taken.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Notification } from '../core/alert.ts'
import { withAtHand, type Received } from '../core/entry.ts'
import { LogError } from '../log/log.ts'
import { write } from './answer.ts'
import { bigBytes, type BigBodies } from './big.ts'
import { inflate, readBody } from './body.ts'
import { later, Refusal } from './errors.ts'
import type { Ports } from './ports.ts'
import type { Share } from './shares.ts'
import { prepare, type Prepared } from './prepare.ts'

/** An answer after this would come too late for some senders, who then repeat what may be durable already. */
const durableWithinMs = 5000

export interface Intake {
  readonly ports: Pick<Ports, 'append'>
  readonly budget: Share
  readonly big: BigBodies
  /** Of the line of large bodies. */
  readonly line: Share
}

export interface Delivery {
  readonly source: Notification['source']
  readonly sender: string | undefined
  /** Throws a Refusal if the bytes are not what somebody who may send signed. */
  readonly verify?: (body: Buffer) => void
}

export async function takeNotification(req: IncomingMessage, res: ServerResponse, { ports, budget, big, line }: Intake, delivery: Delivery): Promise<void> {
  const raw = await readBody(req, budget)
  const held = raw.length
  try {
    delivery.verify?.(raw)
    const encoding = req.headers['content-encoding']
    const small = held > bigBytes ? undefined : await inflateSmall(raw, encoding)
    const prepared = small === undefined
      ? await big.prepare({ body: raw, encoding, source: delivery.source, share: line })
      : prepare(small.toString(), delivery.source)
    await makeDurable(ports, await factsOf(prepared, delivery))
    write(res, 200, 'application/json', prepared.reply)
  } finally {
    budget.give(held)
  }
}

/** Undefined where it becomes a large body: a few kilobytes of gzip can hold millions of brackets. */
async function inflateSmall(body: Buffer, encoding: string | undefined): Promise<Buffer | undefined> {
  try {
    return await inflate(body, encoding, bigBytes)
  } catch (problem) {
    if (problem instanceof Refusal && problem.code === 'TOO_LARGE') return undefined
    throw problem
  }
}

async function factsOf({ parts, asItCame, problems }: Prepared, { source, sender }: Delivery): Promise<Received[]> {
  const from = sender === undefined ? {} : { sender }
  const facts: Received[] = []
  for (const [index, part] of parts.entries()) {
    // Between any two parts of a large body everybody else has the thread.
    if (index > 0) await new Promise((resolve) => setImmediate(resolve))
    // What was wrong is told once.
    const told = index === 0 && problems.length > 0 ? { problems } : {}
    const known = { text: part, ...(asItCame ? { notification: asItCame.notification } : {}) }
    facts.push(withAtHand({ kind: 'received', source, payload: asItCame?.json ?? JSON.parse(part), ...told, ...from }, known))
  }
  return facts
}

async function makeDurable(ports: Pick<Ports, 'append'>, facts: readonly Received[]): Promise<void> {
  try {
    // Each by itself: a large body is more than one commit may hold. Where one fails, what landed is joined by the resend.
    await Promise.all(facts.map((fact) => ports.append([fact], { deadlineMs: durableWithinMs })))
  } catch (problem) {
    if (!(problem instanceof LogError)) throw problem
    if (problem.code === 'LOG_BUSY') throw new Refusal('QUEUE_FULL', 'Too much waits to be written.', { headers: later() })
    throw new Refusal('NOT_DURABLE', 'The log did not take it in time: send it again. See /healthz for why.', { headers: later() })
  }
}

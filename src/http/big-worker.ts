/** The thread for large bodies: inflates, looks, parses, and gives back texts that the main thread can handle one by one. */
import { parentPort } from 'node:worker_threads'
import type { Notification } from '../core/alert.ts'
import { inflate } from './body.ts'
import { Refusal, type Code } from './errors.ts'
import { checkStructure, prepare, type Prepared } from './prepare.ts'

export interface BigOrder {
  readonly id: number
  readonly body: Uint8Array
  readonly encoding: string | undefined
  readonly source: Notification['source']
}

export type BigAnswer =
  | { readonly id: number; readonly prepared: Omit<Prepared, 'asItCame'> }
  | { readonly id: number; readonly refused: { readonly code: Code; readonly detail: string; readonly more: Readonly<Record<string, unknown>> } }
  | { readonly id: number; readonly bug: string }

const work = async ({ body, encoding, source }: BigOrder): Promise<Omit<Prepared, 'asItCame'>> => {
  const plain = await inflate(Buffer.from(body.buffer, body.byteOffset, body.byteLength), encoding)
  checkStructure(plain)
  const { parts, problems, reply } = prepare(plain.toString(), source)
  return { parts, problems, reply }
}

parentPort!.on('message', (order: BigOrder) => {
  const { id } = order
  work(order).then(
    (prepared): BigAnswer => ({ id, prepared }),
    (problem: unknown): BigAnswer => problem instanceof Refusal
      ? { id, refused: { code: problem.code, detail: problem.message, more: problem.more } }
      : { id, bug: problem instanceof Error ? (problem.stack ?? problem.message) : String(problem) },
  ).then((answer) => parentPort!.postMessage(answer)).catch((problem: unknown) => {
    throw problem
  })
})

/**
 * Reads bodies ourselves: raw, bounded one by one and all together, inflated within the same bound. What comes too slowly
 * is cut by the server's own deadline.
 */
import type { IncomingMessage } from 'node:http'
import { gunzip } from 'node:zlib'
import { Refusal } from './errors.ts'
import type { Share } from './shares.ts'

const maxBodyBytes = 16 * 1024 * 1024

export class Gone extends Error {}

const tooLarge = (most: number): Refusal => new Refusal('TOO_LARGE', `At most ${most / (1024 * 1024)} MB, also after inflating.`)

/** For what has a small bound of its own: webhooks that fill theirs keep nobody from stopping. */
export const unshared: Share = { take: () => {}, give: () => {} }

/** The bytes as they came. Whoever takes them gives them back to the budget with `give(length)`. */
export function readBody(req: IncomingMessage, budget: Share, most = maxBodyBytes): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(req.headers['content-length'] ?? 0) > most) return reject(tooLarge(most))
    const chunks: Buffer[] = []
    let size = 0
    const fail = (problem: Error): void => {
      budget.give(size)
      size = 0
      req.removeAllListeners('data').removeAllListeners('end')
      // What still comes is thrown away, so that the sender reads the answer instead of a broken connection.
      req.resume()
      reject(problem)
    }
    req.on('data', (chunk: Buffer) => {
      if (size + chunk.length > most) return fail(tooLarge(most))
      try {
        budget.take(chunk.length)
      } catch (problem) {
        return fail(problem as Refusal)
      }
      size += chunk.length
      chunks.push(chunk)
    })
    req.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)))
    req.on('error', (problem) => fail(new Gone(problem.message)))
    req.on('close', () => {
      if (!req.complete) fail(new Gone('the sender went away'))
    })
  })
}

/** Of `identity` and `gzip`. */
export function inflate(body: Buffer, encoding: string | undefined, most = maxBodyBytes): Promise<Buffer> | Buffer {
  const name = encoding?.trim().toLowerCase() ?? 'identity'
  if (name === 'identity' || name === '') return body
  if (name !== 'gzip' && name !== 'x-gzip') throw new Refusal('BAD_ENCODING', 'Send the body plain or as gzip.')
  return new Promise((resolve, reject) => {
    gunzip(body, { maxOutputLength: most }, (problem, plain) => {
      if (problem === null) return resolve(plain)
      const code = (problem as NodeJS.ErrnoException).code
      reject(code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(most) : new Refusal('BAD_ENCODING', 'The body says that it is gzip and is not.'))
    })
  })
}

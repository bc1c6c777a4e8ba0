/** Reads a body by ourselves: bounded in size and time, whatever its content type says. */
import type { IncomingMessage } from 'node:http'
import { createGunzip } from 'node:zlib'
import type { Readable } from 'node:stream'
import { HttpProblem } from './problem.ts'

export const maxBodyBytes = 16_000_000
const bodyMs = 30_000

export const readBody = (request: IncomingMessage, most = maxBodyBytes): Promise<Buffer> => {
  if (Number(request.headers['content-length'] ?? 0) > most) return refuse(request)
  const source: Readable = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const over = setTimeout(() => end(new HttpProblem('BODY_TOO_SLOW')), bodyMs)
    const end = (problem?: Error): void => {
      clearTimeout(over)
      source.removeAllListeners('data')
      if (problem) {
        request.unpipe()
        request.resume()
        reject(problem)
      } else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes))
    }
    source.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > most) return end(new HttpProblem('BODY_TOO_LARGE'))
      chunks.push(chunk)
    })
    source.once('end', () => end())
    source.once('error', () => end(new HttpProblem('BAD_REQUEST', 'the body cannot be read')))
    request.once('aborted', () => end(new HttpProblem('BAD_REQUEST', 'the sender went away')))
  })
}

const refuse = (request: IncomingMessage): Promise<never> => {
  request.resume()
  return Promise.reject(new HttpProblem('BODY_TOO_LARGE'))
}

/** JSON, or an empty object where there is no body at all. */
export const readJson = async (request: IncomingMessage, most = 1_000_000): Promise<Record<string, unknown>> => {
  const text = (await readBody(request, most)).toString('utf8').trim()
  if (text === '') return {}
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new HttpProblem('BAD_REQUEST', 'the body must be a JSON object')
  return value as Record<string, unknown>
}

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (problem) {
    throw new HttpProblem('NOT_JSON', problem instanceof Error ? problem.message.slice(0, 200) : '')
  }
}

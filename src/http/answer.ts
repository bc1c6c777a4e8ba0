/** How everything is answered: JSON, and problems as RFC 9457 has them. Never a redirection, never HTML, never a stack. */
import type { ServerResponse } from 'node:http'
import { errors, problemDocument, Refusal } from './errors.ts'

export function answer(res: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  write(res, status, 'application/json', JSON.stringify(body), headers)
}

export function refuse(res: ServerResponse, refusal: Refusal): void {
  // Too late to say anything: the caller sees a broken answer, which is what it is.
  if (res.headersSent) return void res.destroy()
  write(res, errors[refusal.code][0], 'application/problem+json', JSON.stringify(problemDocument(refusal)), refusal.headers)
}

export function write(res: ServerResponse, status: number, type: string, text: string, headers: Readonly<Record<string, string>> = {}): void {
  if (res.headersSent || res.destroyed) return
  res.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers })
  // As text it leaves in one piece with the head.
  res.end(text)
}

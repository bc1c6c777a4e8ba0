/** Every error that a caller can get: its stable code, status and title. `docs/errors.md` is held against this list. */
import type { Response } from 'express'

export const problems = {
  UNAUTHENTICATED: [401, 'A token is needed: `Authorization: Bearer …`, or as the password of Basic auth'],
  FORBIDDEN: [403, 'The token\'s role may not do this'],
  FOREIGN_ORIGIN: [403, 'A page of another origin may not do this'],
  NOT_FOUND: [404, 'There is no such thing'],
  METHOD_NOT_ALLOWED: [405, 'This address does not take this method'],
  BODY_TOO_LARGE: [413, 'The body is over 16 MB'],
  BODY_TOO_SLOW: [408, 'The body did not come within 30 s'],
  NOT_JSON: [400, 'The body is not JSON'],
  BAD_NOTIFICATION: [400, 'No alert of the notification can be used'],
  BAD_SIGNATURE: [401, 'The signature is missing, wrong or too old'],
  BAD_MATCHERS: [400, 'A matcher cannot be read'],
  BAD_REQUEST: [400, 'The request cannot be read'],
  WHY_NEEDED: [400, 'Say why'],
  CONFLICT: [409, 'It is not in a state in which this can be done'],
  FORCED: [409, 'The configuration forces this stop: nothing outside lifts it'],
  NOT_DURABLE: [503, 'It could not be made durable in time: whether it counts is not known, say it again'],
  BUSY: [503, 'Too much is waiting: say it again later'],
  INTERNAL: [500, 'Something went wrong here; the log of the server says what'],
} as const satisfies Record<string, readonly [number, string]>

export type ProblemCode = keyof typeof problems

export class HttpProblem extends Error {
  readonly code: ProblemCode
  readonly more: Readonly<Record<string, unknown>>
  constructor(code: ProblemCode, detail = '', more: Readonly<Record<string, unknown>> = {}) {
    super(detail)
    this.code = code
    this.more = more
  }
}

/** RFC 9457. Never a stack, never what the server knows and the caller should not. */
export const sendProblem = (response: Response, problem: HttpProblem): void => {
  const [status, title] = problems[problem.code]
  if (response.headersSent) return void response.destroy()
  if (status === 503) response.setHeader('Retry-After', '1')
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer, Basic realm="paramedic"')
  response.status(status).type('application/problem+json').send(JSON.stringify({
    type: 'about:blank', title, status, code: problem.code, ...(problem.message ? { detail: problem.message } : {}), ...problem.more,
  }))
}

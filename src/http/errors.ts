/**
 * Every code with which a request can be refused. A code is for programs and never changes its meaning; docs/errors.md
 * says of each what to do, and a test holds the two lists against each other.
 */
export const errors = {
  BAD_JSON: [400, 'The body is not the JSON that was expected'],
  BAD_NOTIFICATION: [400, 'None of the alerts could be taken'],
  BAD_QUERY: [400, 'A parameter of the address is wrong'],
  BAD_REQUEST: [400, 'This is not HTTP as it should be'],
  BAD_WORKFLOW: [400, 'The request for a workflow is wrong'],
  KEY_REQUIRED: [400, 'The header Idempotency-Key is required'],
  WHY_REQUIRED: [400, 'A reason is required'],
  UNAUTHORIZED: [401, 'A token is required'],
  BAD_SIGNATURE: [401, 'The signature is missing or wrong'],
  FORBIDDEN: [403, 'This token may not do that'],
  MAY_NOT_APPROVE: [403, 'This yes would count for nothing'],
  FOREIGN_ORIGIN: [403, 'The request comes from a page of another site'],
  NOT_FOUND: [404, 'There is nothing here'],
  METHOD_NOT_ALLOWED: [405, 'This address does not take this method'],
  TIMEOUT: [408, 'The request came too slowly'],
  AMBIGUOUS_ID: [409, 'The id fits more than one'],
  ENDED: [409, 'It has ended'],
  KEY_REUSED: [409, 'The key stands for another request'],
  NOT_ALLOWED_HERE: [409, 'It is not allowed here'],
  NOT_PROPOSED: [409, 'It is not proposed'],
  NOT_ASKING: [409, 'It does not ask'],
  NOT_AWAITING_EXEC: [409, 'It does not wait to be executed'],
  OLDER_SERVERS: [409, 'Servers of an older version live'],
  PLAN_CHANGED: [409, 'The plan is another one by now'],
  STOP_FORCED: [409, 'This stop comes from the configuration'],
  UPGRADE_UNFINISHED: [409, 'An older server could not read it'],
  POSITION_GONE: [410, 'The log no longer holds this position'],
  TOO_LARGE: [413, 'The body is too large'],
  BAD_ENCODING: [415, 'The content encoding is not known'],
  REFUSED: [422, 'Nothing of it is run'],
  HEADERS_TOO_LARGE: [431, 'The headers are too large'],
  INTERNAL: [500, 'Something went wrong here'],
  BUSY: [503, 'Too much is asked at once'],
  NO_CATALOGUE: [503, 'No catalogue is in force'],
  NOT_DURABLE: [503, 'It could not be made durable'],
  NOT_READY: [503, 'This process is not ready'],
  NO_INTAKE: [503, 'This process takes no alerts'],
  QUEUE_FULL: [503, 'Too much waits to be written'],
  STARTING: [503, 'This process is still starting'],
} as const satisfies Readonly<Record<string, readonly [status: number, title: string]>>

export type Code = keyof typeof errors

export interface RefusalOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Further members of the problem document. */
  readonly more?: Readonly<Record<string, unknown>>
  /** Whose login it refuses: for the record, never answered. */
  readonly who?: string
}

/** Thrown by handlers, answered as a problem document. The detail is for the caller: no secrets, no stack. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: Code
  readonly headers: Readonly<Record<string, string>>
  readonly more: Readonly<Record<string, unknown>>
  readonly who: string | undefined
  constructor(code: Code, detail: string, { headers = {}, more = {}, who }: RefusalOptions = {}) {
    super(detail)
    this.code = code
    this.headers = headers
    this.more = more
    this.who = who
  }
}

/** Senders come back, but not all in the same instant. */
export const later = (): Readonly<Record<string, string>> => ({ 'retry-after': String(1 + Math.floor(Math.random() * 4)) })

export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: Code
  readonly detail: string
}

/** RFC 9457. */
export const problemDocument = ({ code, message, more }: Pick<Refusal, 'code' | 'message' | 'more'>): ProblemDocument => {
  const [status, title] = errors[code]
  return { type: `urn:paramedic:error:${code}`, title, status, code, detail: message, ...more }
}

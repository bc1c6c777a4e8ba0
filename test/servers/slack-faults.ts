/** What a Slack does wrong when it is told to. */
import type { IncomingMessage, ServerResponse } from 'node:http'

/** What goes wrong with the next calls that it fits: `times` of them, or all until it is taken away. */
export interface Fault {
  readonly how: 'error' | 'limited' | 'hang' | 'reset' | 'answer lost' | 'status' | 'page'
  readonly error?: string
  readonly retryAfter?: number
  readonly status?: number
  readonly channel?: string
  readonly method?: string
  times: number
}

interface Hurt {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** As an answer of the API. */
  readonly say: (answer: Record<string, unknown>) => void
  /** Kept as what became of the call. */
  readonly note: (error: string) => void
  /** Answered never, or when it is mended. */
  readonly hold: (res: ServerResponse) => void
}

export const fail = (fault: Fault, { req, res, say, note, hold }: Hurt): void => {
  switch (fault.how) {
    case 'error': return say({ ok: false, error: fault.error ?? 'internal_error' })
    case 'limited':
      note('ratelimited')
      return void res.writeHead(429, { 'retry-after': String(fault.retryAfter ?? 1), 'content-type': 'application/json' }).end(JSON.stringify({ ok: false, error: 'ratelimited' }))
    case 'status':
      note(String(fault.status))
      return void res.writeHead(fault.status ?? 500).end('upstream')
    case 'page':
      note('page')
      return void res.writeHead(200, { 'content-type': 'text/html' }).end('<html>maintenance</html>')
    case 'hang':
      note('hang')
      return hold(res)
    case 'reset':
    case 'answer lost':
      note(fault.how)
      return void req.socket.destroy()
  }
}

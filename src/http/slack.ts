/** Slack's way in: slash commands and pressed buttons. Who sends is proved by a signature over the bytes as they came. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answer, write } from './answer.ts'
import { readBody } from './body.ts'
import { later, Refusal } from './errors.ts'
import { queueFull, Shares } from './shares.ts'
import type { Also } from './server.ts'

export interface SlackCall {
  readonly timestamp: unknown
  readonly signature: unknown
  readonly rawBody: Buffer
}

/** What stands behind the door. */
export interface SlackDoorPort {
  command(call: SlackCall): Promise<SlackAnswer>
  interactivity(call: SlackCall): Promise<SlackAnswer>
}

export interface SlackAnswer {
  readonly status: number
  readonly body?: object
  /** For the log of the process, never for the sender. */
  readonly why?: string
}

/** A pressed button carries the whole message that it stands under. */
const maxBody = 1 << 20
/** Of their own: webhooks that fill theirs keep nobody from stopping. */
const maxTogether = 32 << 20

export interface SlackRoutesOptions {
  /** Undefined while the parts behind are starting. */
  readonly door: () => SlackDoorPort | undefined
  readonly onRefused: (why: string) => void
}

export const slackRoutes = ({ door, onRefused }: SlackRoutesOptions): readonly Also[] => {
  const budget = new Shares(maxTogether, 'Too much at once.', queueFull).of({ name: 'slack', proved: false })
  const through = (name: keyof SlackDoorPort) => async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const open = door()
    if (!open) throw new Refusal('STARTING', 'NOTHING WAS DONE: ask again in a moment.', { headers: later() })
    const rawBody = await readBody(req, budget, maxBody)
    try {
      const { status, body, why } = await open[name]({ timestamp: req.headers['x-slack-request-timestamp'], signature: req.headers['x-slack-signature'], rawBody })
      if (why !== undefined) onRefused(`Slack, ${req.url?.split('?', 1)[0]}: ${why}`)
      if (status === 401) throw new Refusal('BAD_SIGNATURE', "Slack's signature over what it sends is asked for.")
      if (status === 400) throw new Refusal('BAD_REQUEST', 'It is not as Slack sends it.')
      if (body) answer(res, status, body)
      else write(res, status, 'text/plain', '')
    } finally {
      budget.give(rawBody.length)
    }
  }
  return [
    { method: 'post', path: '/slack/commands', handle: through('command') },
    { method: 'post', path: '/slack/interactivity', handle: through('interactivity') },
  ]
}

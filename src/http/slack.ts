/** Slack's way in: slash commands and pressed buttons. Who sends is proved by a signature over the bytes as they came. */
import express, { type Request, type Response, type Router } from 'express'

export interface SlackCall {
  readonly timestamp: unknown
  readonly signature: unknown
  readonly rawBody: Buffer
}

/** What stands behind the door. */
export interface SlackDoorPort {
  command(call: SlackCall): Promise<{ readonly status: number; readonly body?: object; readonly why?: string }>
  interactivity(call: SlackCall): Promise<{ readonly status: number; readonly body?: object; readonly why?: string }>
}

/** A pressed button carries the whole message that it stands under. */
const maxBody = '1mb'

export const slackRoutes = (door: SlackDoorPort, onRefused: (why: string) => void = () => undefined): Router => {
  const router = express.Router()
  const raw = express.raw({ type: () => true, limit: maxBody, inflate: false })
  const through = (name: keyof SlackDoorPort) => async (request: Request, response: Response): Promise<void> => {
    const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const { headers } = request
    const answer = await door[name]({ timestamp: headers['x-slack-request-timestamp'], signature: headers['x-slack-signature'], rawBody })
    if (answer.why !== undefined) onRefused(`${request.path}: ${answer.why}`)
    if (answer.body) response.status(answer.status).json(answer.body)
    else response.status(answer.status).end()
  }
  router.post('/slack/commands', raw, through('command'))
  router.post('/slack/interactivity', raw, through('interactivity'))
  return router
}

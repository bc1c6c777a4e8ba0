/** What Slack posts to us over HTTP: proved by its signature, then heard. */
import type { Hearing } from './hearing.ts'
import { SeenSignatures, verifySlack } from './verify.ts'

export interface SlackDoorOptions {
  readonly hearing: Hearing
  readonly signingSecret: () => string
  /** The wall clock, in milliseconds. */
  readonly clock?: () => number
}

export interface SlackRequest {
  /** The headers `x-slack-request-timestamp` and `x-slack-signature`. */
  readonly timestamp: unknown
  readonly signature: unknown
  readonly rawBody: Buffer
}

export interface SlackAnswer {
  readonly status: 200 | 400 | 401
  readonly body?: object
  /** For the log of the process, never for the sender. */
  readonly why?: string
}

export const createSlackDoor = ({ hearing, signingSecret, clock = Date.now }: SlackDoorOptions) => {
  const seen = new SeenSignatures()

  const verified = (request: SlackRequest): SlackAnswer | undefined => {
    const found = verifySlack({ ...request, signingSecret: signingSecret(), now: clock(), seen })
    return found.ok ? undefined : { status: 401, why: found.why }
  }

  return {
    async command(request: SlackRequest): Promise<SlackAnswer> {
      const refused = verified(request)
      if (refused) return refused
      const field = fieldsOf(request.rawBody)
      if (field('ssl_check') === '1') return { status: 200 }
      const heard = await hearing.command(field)
      return 'unreadable' in heard ? { status: 400, why: heard.unreadable } : { status: 200, ...heard }
    },

    async interactivity(request: SlackRequest): Promise<SlackAnswer> {
      const refused = verified(request)
      if (refused) return refused
      const heard = await hearing.pressed(jsonOf(fieldsOf(request.rawBody)('payload')))
      return 'unreadable' in heard ? { status: 400, why: heard.unreadable } : { status: 200, ...heard }
    },
  }
}
export type SlackDoor = ReturnType<typeof createSlackDoor>

/** A form's field that was sent once; a list if it was sent more often. */
const fieldsOf = (rawBody: Buffer) => {
  const form = new URLSearchParams(rawBody.toString('utf8'))
  return (name: string): unknown => {
    const all = form.getAll(name)
    return all.length > 1 ? all : all[0]
  }
}

const jsonOf = (text: unknown): unknown => {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

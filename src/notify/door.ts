/**
 * What Slack sends us: slash commands and pressed buttons, from the raw request to the answer. Slack waits three
 * seconds; what takes longer is answered at once with what is known, and followed up.
 */
import { readPressed } from './action.ts'
import { toLine, type Message } from './blocks.ts'
import { parseCommand } from './command.ts'
import { runCommand, runPressed, type Deeds, type DeedPorts } from './deeds.ts'
import { listedPeople, type Grant, type Person } from './people.ts'
import { replier, type Reply } from './reply.ts'
import type { SlackEdge } from './slack.ts'
import { SeenSignatures, verifySlack } from './verify.ts'

export interface SlackDoorOptions {
  readonly ports: DeedPorts
  /** Absent without a bot token: answers then go by response_url alone. */
  readonly edge?: SlackEdge
  readonly signingSecret: () => string
  readonly allow: readonly Grant[]
  readonly apiUrl?: string
  readonly signal: AbortSignal
  readonly onProblem: (problem: unknown) => void
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

/** Slack's three seconds, less what the way may take. */
const ackMs = 1500

export const createSlackDoor = (options: SlackDoorOptions) => {
  const { edge, clock = Date.now, signal, ports, onProblem } = options
  const seen = new SeenSignatures()
  const listed = listedPeople({
    allow: options.allow, members: edge ? edge.members : () => Promise.reject(new Error('there is no bot token')),
  })
  const origins = ['https://hooks.slack.com', 'https://hooks.slack-gov.com', ...(options.apiUrl === undefined ? [] : [new URL(options.apiUrl).origin])]
  const deeds: Deeds = { ports, listed, signal, background: (work) => void work.catch((problem: unknown) => signal.aborted || onProblem(problem)) }

  const replyTo = (responseUrl: unknown, channel: unknown): Reply => replier({
    responseUrl: textOr(responseUrl), channel: textOr(channel), origins, signal,
    post: edge ? (to, message) => edge.post(to, message) : async () => ({ outcome: 'refused', about: 'token', error: 'there is no bot token' }),
  })

  const verified = (request: SlackRequest): SlackAnswer | undefined => {
    const found = verifySlack({ ...request, signingSecret: options.signingSecret(), now: clock(), seen })
    return found.ok ? undefined : { status: 401, why: found.why }
  }

  return {
    async command(request: SlackRequest): Promise<SlackAnswer> {
      const refused = verified(request)
      if (refused) return refused
      const field = fieldsOf(request.rawBody)
      if (field('ssl_check') === '1') return { status: 200 }
      const person = personOf({ user: field('user_id'), team: field('team_id'), name: field('user_name') })
      const command = parseCommand(field('text') ?? '')
      if (!person || !command) return { status: 400, why: 'a field is missing, or was sent more than once' }
      const reply = replyTo(field('response_url'), field('channel_id'))
      const work = runCommand(command, person, reply, deeds).catch((problem: unknown) => (onProblem(problem), failed(problem)))
      const first = await soonest(work, ackMs)
      if (first) return { status: 200, body: { ...first.message, response_type: first.seenByAll ? 'in_channel' : 'ephemeral' } }
      deeds.background(work.then(({ message, seenByAll }) => reply(message, { seenByAll })))
      return { status: 200, body: { ...toLine('Still at it; the answer follows.'), response_type: 'ephemeral' } }
    },

    /** A press is acknowledged at once, and answered by its response_url. */
    async interactivity(request: SlackRequest): Promise<SlackAnswer> {
      const refused = verified(request)
      if (refused) return refused
      const payload = payloadOf(fieldsOf(request.rawBody)('payload'))
      if (!payload) return { status: 400, why: 'the payload cannot be read' }
      const { user = {}, team, channel, container, actions, response_url: responseUrl } = payload
      const person = personOf({ user: user.id, team: user.team_id ?? team?.id, name: user.username ?? user.name })
      const action = Array.isArray(actions) ? actions[0] : undefined
      if (!person || !action) return { status: 200 }
      const reply = replyTo(responseUrl, channel?.id ?? container?.channel_id)
      const pressed = readPressed(action.action_id, action.value)
      const answer = pressed
        ? runPressed(pressed, person, reply, deeds) : Promise.resolve({ message: toLine('This button is not known to this version of Paramedic.'), seenByAll: false })
      deeds.background(answer.catch((problem: unknown) => (onProblem(problem), failed(problem))).then(({ message, seenByAll }) => reply(message, { seenByAll })))
      return { status: 200 }
    },
  }
}
export type SlackDoor = ReturnType<typeof createSlackDoor>

const failed = (problem: unknown): { message: Message; seenByAll: boolean } =>
  ({ message: toLine(`That did not work: ${problem instanceof Error ? problem.message : String(problem)}`), seenByAll: false })

const textOr = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A form's field that was sent once; a list if it was sent more often. */
const fieldsOf = (rawBody: Buffer) => {
  const form = new URLSearchParams(rawBody.toString('utf8'))
  return (name: string): unknown => {
    const all = form.getAll(name)
    return all.length > 1 ? all : all[0]
  }
}

const personOf = ({ user, team, name }: { user: unknown; team: unknown; name: unknown }): Person | undefined =>
  typeof user === 'string' && typeof team === 'string' && user !== '' && team !== ''
    ? { user: user.slice(0, 40), team: team.slice(0, 40), name: textOr(name).slice(0, 80) } : undefined

interface Payload {
  readonly user?: { readonly id?: unknown; readonly team_id?: unknown; readonly username?: unknown; readonly name?: unknown }
  readonly team?: { readonly id?: unknown } | null
  readonly channel?: { readonly id?: unknown }
  readonly container?: { readonly channel_id?: unknown }
  readonly actions?: readonly { readonly action_id?: unknown; readonly value?: unknown }[]
  readonly response_url?: unknown
}

const payloadOf = (text: unknown): Payload | undefined => {
  try {
    const read: unknown = typeof text === 'string' ? JSON.parse(text) : undefined
    return typeof read === 'object' && read !== null && (read as { type?: unknown }).type === 'block_actions' ? read : undefined
  } catch {
    return undefined
  }
}

const soonest = async <T>(work: Promise<T>, withinMs: number): Promise<T | undefined> => {
  const over = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => over.resolve(undefined), withinMs)
  try {
    return await Promise.race([work, over.promise])
  } finally {
    clearTimeout(timer)
  }
}

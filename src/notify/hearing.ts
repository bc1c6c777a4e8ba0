/**
 * What people say in Slack, whichever way it came: slash commands and pressed buttons, from Slack's fields to the
 * answer. Slack waits three seconds; what takes longer is answered at once with what is known, and followed up.
 */
import type { KnownPerson, SlackGrant } from '../core/person.ts'
import type { Edge } from '../edge/edge.ts'
import { readPressed } from './action.ts'
import { toLine, type Message } from './blocks.ts'
import { parseCommand } from './command.ts'
import type { Answer, Deeds, DeedPorts, Heard } from './deed.ts'
import { runCommand, runPressed } from './deeds.ts'
import { listedPeople, type Person } from './people.ts'
import { replier, type Reply } from './reply.ts'
import type { SlackEdge } from './slack.ts'
import { answerWindow, asksFirst, readWindow, windowOf } from './window.ts'

export interface HearingOptions {
  readonly ports: DeedPorts
  /** Absent without a bot token: answers then go by response_url alone. */
  readonly edge?: SlackEdge
  /** The way of answers by response_url. */
  readonly replies?: Edge
  readonly allow: readonly SlackGrant[]
  readonly people?: readonly KnownPerson[]
  readonly apiUrl?: string
  readonly signal: AbortSignal
  readonly onProblem: (problem: unknown) => void
}

/** Slack's three seconds, less what the way may take. */
const ackMs = 1500

export const createHearing = (options: HearingOptions) => {
  const { edge, signal, ports, onProblem } = options
  const listed = listedPeople({
    allow: options.allow, members: edge ? edge.members : () => Promise.reject(new Error('there is no bot token')),
  })
  const origins = ['https://hooks.slack.com', 'https://hooks.slack-gov.com', ...(options.apiUrl === undefined ? [] : [new URL(options.apiUrl).origin])]
  const deeds: Deeds = { ports, listed, signal, background: (work) => void work.catch((problem: unknown) => signal.aborted || onProblem(problem)) }

  const replyTo = (responseUrl: unknown, channel: unknown): Reply => replier({
    responseUrl: textOr(responseUrl), channel: textOr(channel), origins, signal, ...(options.replies ? { over: options.replies } : {}),
    post: edge ? (to, message) => edge.post(to, message) : async () => ({ outcome: 'refused', about: 'token', error: 'there is no bot token' }),
  })
  const recognise = (said: Said): Person | undefined => {
    const person = readPerson(said)
    const known = person && options.people?.find(({ user, team }) => user === person.user && team === person.team)?.name
    return known === undefined ? person : { ...person!, known }
  }
  const orFailed = (work: Promise<Answer>): Promise<Answer> => work.catch((problem: unknown) => (onProblem(problem), failed(problem)))

  const written = async ({ user, ...words }: NonNullable<ReturnType<typeof readWindow>>): Promise<Heard> => {
    const { id, team_id: team, username, name } = (user ?? {}) as NonNullable<Press['user']>
    const person = recognise({ user: id, team, name: username ?? name })
    return person ? answerWindow(words, person, deeds) : { unreadable: 'nobody says who wrote it' }
  }

  return {
    /** `field` gives what Slack calls so; what was sent twice is no text. */
    async command(field: (name: string) => unknown): Promise<Heard> {
      const person = recognise({ user: field('user_id'), team: field('team_id'), name: field('user_name') })
      const command = parseCommand(field('text') ?? '')
      if (!person || !command) return { unreadable: 'a field is missing, or was sent more than once' }
      const reply = replyTo(field('response_url'), field('channel_id'))
      const work = orFailed(runCommand(command, person, reply, deeds))
      const first = await soonest(work, ackMs)
      if (first) return { body: { ...first.message, response_type: first.seenByAll ? 'in_channel' : 'ephemeral' } }
      deeds.background(work.then(({ message, seenByAll }) => reply(message, { seenByAll })))
      return { body: { ...toLine('Still at it; the answer follows.'), response_type: 'ephemeral' } }
    },

    /** A press is acknowledged at once, and answered by its response_url; what was written into a window is answered in it. */
    pressed(payload: unknown): Heard | Promise<Heard> {
      const words = readWindow(payload)
      if (words !== undefined) return written(words)
      if (!isPress(payload)) return { unreadable: 'the payload cannot be read' }
      const { user = {}, team, channel, container, actions, response_url: responseUrl, trigger_id: trigger } = payload
      const person = recognise({ user: user.id, team: user.team_id ?? team?.id, name: user.username ?? user.name })
      const action = Array.isArray(actions) ? actions[0] : undefined
      if (!person || !action) return {}
      const reply = replyTo(responseUrl, channel?.id ?? container?.channel_id)
      const pressed = readPressed(action.action_id, action.value)
      if (pressed && asksFirst(pressed.action) && edge) {
        deeds.background(edge.openView(textOr(trigger), windowOf(pressed.action, pressed.values[0] ?? '')).catch((problem: unknown) => reply(failed(problem).message, { seenByAll: false })))
        return {}
      }
      const answer = pressed ? orFailed(runPressed(pressed, person, reply, deeds)) : Promise.resolve(unknownButton)
      deeds.background(answer.then(({ message, seenByAll }) => reply(message, { seenByAll })))
      return {}
    },
  }
}
export type Hearing = ReturnType<typeof createHearing>

const unknownButton: Answer = { message: toLine('This button is not known to this version of Paramedic.'), seenByAll: false }

const failed = (problem: unknown): { message: Message; seenByAll: boolean } =>
  ({ message: toLine(`That did not work: ${problem instanceof Error ? problem.message : String(problem)}`), seenByAll: false })

const textOr = (value: unknown): string => (typeof value === 'string' ? value : '')

const readPerson = ({ user, team, name }: Said): Person | undefined =>
  typeof user === 'string' && typeof team === 'string' && user !== '' && team !== ''
    ? { user: user.slice(0, 40), team: team.slice(0, 40), name: textOr(name).slice(0, 80) } : undefined

interface Said {
  readonly user: unknown
  readonly team: unknown
  readonly name: unknown
}

interface Press {
  readonly user?: { readonly id?: unknown; readonly team_id?: unknown; readonly username?: unknown; readonly name?: unknown }
  readonly team?: { readonly id?: unknown } | null
  readonly channel?: { readonly id?: unknown }
  readonly container?: { readonly channel_id?: unknown }
  readonly actions?: readonly { readonly action_id?: unknown; readonly value?: unknown }[]
  readonly response_url?: unknown
  readonly trigger_id?: unknown
}

const isPress = (payload: unknown): payload is Press =>
  typeof payload === 'object' && payload !== null && (payload as { type?: unknown }).type === 'block_actions'

const soonest = async <T>(work: Promise<T>, withinMs: number): Promise<T | undefined> => {
  const over = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => over.resolve(undefined), withinMs)
  try {
    return await Promise.race([work, over.promise])
  } finally {
    clearTimeout(timer)
  }
}

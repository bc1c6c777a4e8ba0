/** Slack as it was configured: who tells people there, and the ways by which people answer. */
import type { Config } from '../config.ts'
import type { Edges } from '../edge/edges.ts'
import type { Actor } from '../follow/follower.ts'
import type { DeedPorts } from './deed.ts'
import { createSlackDoor, type SlackDoor } from './door.ts'
import { createHearing } from './hearing.ts'
import type { Sight } from './look.ts'
import { createSlackNotifier, type NotifierOptions } from './notifier.ts'
import { createPlainNotifier } from './plain.ts'
import { replyMeaning } from './reply.ts'
import { slackEdge, slackMeaning } from './slack.ts'
import { openSocket } from './socket.ts'

export interface OpenSlackOptions {
  readonly settings: Config['slack']
  readonly people: Config['people']
  /** Whether this process tells people; only then does it also listen by Socket Mode. */
  readonly notifies: boolean
  /** Stderr and the log of the process. */
  readonly tell: (text: string) => void
  readonly onProblem: (problem: unknown) => void
  readonly edges: Edges
}

export interface Health {
  readonly ok: boolean
  readonly detail: string
}

/** Changes of one message are gathered for this long. */
const gatherMs = 2000

export const openSlack = ({ settings, people, notifies, tell, onProblem, edges }: OpenSlackOptions) => {
  const { botToken, signingSecret, appToken, channel, fallbackChannel, apiUrl, announce, remindAfterMs, allow } = settings
  const ended = new AbortController()
  const where = apiUrl === undefined ? {} : { apiUrl }
  const edge = botToken === undefined || channel === undefined ? undefined : slackEdge({ botToken: () => botToken.read(), ...where, over: edges.open('slack', { meaning: slackMeaning }) })
  let door: SlackDoor | undefined
  let socket: ReturnType<typeof openSocket> | undefined
  return {
    notifier: (given: Sight & Pick<NotifierOptions, 'append' | 'folded' | 'after'>): Actor =>
      edge === undefined ? createPlainNotifier({ ...given, tell, onProblem, remindAfterMs }) : createSlackNotifier({
        ...given, edge, tell, onProblem, settings: { channel: channel!, gatherMs, remindAfterMs, announce, ...(fallbackChannel === undefined ? {} : { fallbackChannel }) },
      }),
    /** From now on commands and buttons are heard. */
    hear: (ports: DeedPorts): void => {
      if (signingSecret === undefined && appToken === undefined) return
      const hearing = createHearing({ ports, allow, people, ...where, replies: edges.open('slack-replies', { meaning: replyMeaning }), ...(edge === undefined ? {} : { edge }), signal: ended.signal, onProblem })
      if (signingSecret !== undefined) door = createSlackDoor({ hearing, signingSecret: () => signingSecret.read() })
      if (appToken !== undefined && notifies) socket = openSocket({ hearing, appToken: () => appToken.read(), ...where, signal: ended.signal, onProblem })
    },
    /** Undefined until then. Without a signing secret nobody can prove to be Slack, and there is no such door at all. */
    hasDoor: signingSecret !== undefined,
    door: () => door,
    health: (): Record<string, Health> => ({
      ...(edge === undefined || !notifies ? {} : { slack: edge.health() }), ...(socket === undefined ? {} : { 'slack socket': socket.health() }),
    }),
    close: async (): Promise<void> => {
      ended.abort()
      await socket?.ended()
    },
  }
}

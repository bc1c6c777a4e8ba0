/**
 * Slack, as an edge: one call, one outcome, nothing repeated here. Its own library would try ten times over half an
 * hour, and stop every channel when one of them is asked to pause.
 */
import type { WebClient } from '@slack/web-api'
import type { Edge, Meaning } from '../edge/edge.ts'
import type { Message } from './blocks.ts'
import { Lane } from './lane.ts'
import { failureOf, type Failure, type Outcome } from './outcome.ts'

export interface SlackOptions {
  /** Asked each time: its file may have changed. */
  readonly botToken: () => string
  readonly apiUrl?: string
  /** Steady, in milliseconds. */
  readonly now?: () => number
  readonly random?: () => number
  readonly timeoutMs?: number
  /** Every call goes out over it. */
  readonly over?: Edge
  readonly paceMs?: number
}

export interface InThread {
  readonly ts: string
  /** Also shown in the channel. */
  readonly broadcast: boolean
}

/** A channel that failed for this long is passed over for the next one. */
const passOverMs = 60_000

type Posted = Parameters<WebClient['chat']['postMessage']>[0]

const posted = (channel: string, message: Message, thread?: InThread): Posted => ({
  channel, ...sayable(message), parse: 'none', link_names: false, unfurl_links: false, unfurl_media: false,
  ...(thread ? { thread_ts: thread.ts, reply_broadcast: thread.broadcast } : {}),
} as Posted)

export const slackEdge = (options: SlackOptions) => {
  const { now = () => performance.now(), random = Math.random, timeoutMs = 10_000, paceMs = 1000 } = options
  const lanes = new Map<string, Lane>()
  /** Channels by the name that was configured: Slack answers with the id, which changes and threads need. */
  const ids = new Map<string, string>()
  let client: { token: string; web: WebClient } | undefined

  const web = async (): Promise<WebClient> => {
    const token = options.botToken()
    if (client?.token !== token) {
      client = { token, web: await connect(token, { apiUrl: options.apiUrl, timeoutMs }) }
      // Another token may do what the last one might not.
      lanes.clear()
    }
    return client.web
  }

  const laneOf = (channel: string): Lane => {
    const key = ids.get(channel) ?? channel
    const lane = lanes.get(key) ?? new Lane({ now, random, paceMs })
    lanes.set(key, lane)
    return lane
  }

  const call = async (channel: string, make: (web: WebClient) => Promise<{ channel?: string; ts?: string }>): Promise<Outcome> => {
    const connected = await web().catch((problem: unknown) => String(problem))
    if (typeof connected === 'string') return { outcome: 'refused', about: 'token', error: connected }
    const lane = laneOf(channel)
    const refused = lane.refused()
    if (refused) return { outcome: 'refused', about: refused.about, error: refused.error }
    const waitMs = lane.waitMs()
    if (waitMs > 0) return { outcome: 'later', afterMs: waitMs, why: lane.trouble() ?? 'a message a second' }
    lane.begin()
    try {
      const run = (): ReturnType<typeof make> => make(connected)
      // What was sent may have been said although the answer was lost: the notifier decides whether to say it again.
      const answer = options.over ? await options.over.call({ target: channel, effect: 'once', signal: unending, deadlineMs: timeoutMs, run }) : await run()
      const id = answer.channel ?? channel
      if (id !== channel && ids.size < 1000) {
        ids.set(channel, id)
        if (!lanes.has(id)) lanes.set(id, lane)
      }
      lane.sent()
      return { outcome: 'sent', channel: id, ts: answer.ts ?? '' }
    } catch (thrown) {
      return outcomeOf(lane, failureOf(thrown))
    }
  }

  const post = (channel: string, message: Message, thread?: InThread): Promise<Outcome> =>
    call(channel, (slack) => slack.chat.postMessage(posted(channel, message, thread)))

  return {
    post,
    /** In the first of these channels that can be reached. */
    async postFirst(channels: readonly string[], message: Message): Promise<Outcome> {
      let last: Outcome = { outcome: 'refused', about: 'channel', error: 'no channel is configured' }
      for (const channel of new Set(channels)) {
        last = await post(channel, message)
        const passOver = last.outcome === 'refused' ? last.about === 'channel' : last.outcome === 'later' && laneOf(channel).failingMs() >= passOverMs
        if (!passOver) return last
      }
      return last
    },
    update: (channel: string, ts: string, message: Message): Promise<Outcome> =>
      call(channel, (slack) => slack.chat.update({ channel, ts, ...sayable(message), parse: 'none', link_names: false } as Parameters<WebClient['chat']['update']>[0])),
    openView: async (trigger: string, view: object): Promise<void> => openView(await web(), { trigger, view }, options),
    /** The people of a group, by id; throws if Slack does not say. */
    async members(team: string, group: string): Promise<ReadonlySet<string>> {
      const slack = await web()
      const run = (): ReturnType<typeof slack.usergroups.users.list> => slack.usergroups.users.list({ usergroup: group, team_id: team })
      const { users = [] } = await (options.over?.call({ target: `group ${group}`, effect: 'read', signal: unending, deadlineMs: timeoutMs, run }) ?? run())
      return new Set(users)
    },
    /** For /healthz: what is wrong, by channel. */
    health(): { readonly ok: boolean; readonly detail: string } {
      const troubles = [...new Map([...lanes].map(([channel, lane]) => [lane, [channel, lane.trouble()] as const])).values()].filter(([, trouble]) => trouble !== undefined)
      return { ok: troubles.length === 0, detail: troubles.map(([channel, trouble]) => `${channel}: ${trouble}`).join('; ') || 'nothing is wrong' }
    },
  }
}
const viewWithinMs = 2500

/** A window for whoever pressed a button: Slack opens it within three seconds of that. */
const openView = async ({ views }: WebClient, { trigger, view }: { trigger: string; view: object }, { over, timeoutMs = viewWithinMs }: SlackOptions): Promise<void> => {
  const run = (): ReturnType<typeof views.open> => views.open({ trigger_id: trigger, view } as Parameters<typeof views.open>[0])
  await (over?.call({ target: 'views', effect: 'once', signal: unending, deadlineMs: Math.min(timeoutMs, viewWithinMs), run }) ?? run())
}

const unending = new AbortController().signal

/** Slack that answers is well, whatever it says of a channel or a token. */
export const slackMeaning = (error: unknown): Meaning => (failureOf(error).failure === 'failed' ? 'fault' : 'answered')

export type SlackEdge = ReturnType<typeof slackEdge>

const outcomeOf = (lane: Lane, failure: Failure): Outcome => {
  lane.failed(failure)
  if (failure.failure === 'refused') return { outcome: 'refused', about: failure.about, error: failure.error }
  return { outcome: 'later', afterMs: lane.waitMs(), why: failure.failure === 'failed' ? failure.why : 'Slack asks for a pause' }
}

/** Without blocks it is text alone. */
const sayable = ({ text, blocks }: Message): object => ({ text, ...(blocks.length > 0 ? { blocks } : {}) })

/** Their libraries say nothing by themselves: what goes wrong comes back as a value. */
export const silentLogger = {
  debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined,
  setLevel: () => undefined, getLevel: () => 'error', setName: () => undefined,
}

/** Loaded on first use: it is not small. A call never repeats itself, never hangs, and never takes the token elsewhere. */
const connect = async (token: string, { apiUrl, timeoutMs }: { apiUrl: string | undefined; timeoutMs: number }): Promise<WebClient> => {
  const { WebClient } = await import('@slack/web-api')
  return new WebClient(token, {
    timeout: timeoutMs, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, allowAbsoluteUrls: false, maxRequestConcurrency: 10,
    logger: silentLogger as never, ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/` }),
  })
}

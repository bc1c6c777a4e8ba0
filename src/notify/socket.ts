/**
 * Socket Mode, for servers that Slack cannot reach: we dial, and commands and buttons come over that connection. Slack
 * ends it now and then; then it is dialled anew, sooner or later as the last times went. Loaded only where it is used.
 * Not over an edge: it is one connection, which has its own deadlines and pauses (docs/decisions/0012).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SocketModeClient } from '@slack/socket-mode'
import { proxyDispatcher } from '../edge/proxy.ts'
import type { Heard } from './deed.ts'
import type { Hearing } from './hearing.ts'
import { silentLogger } from './slack.ts'
import { SeenSignatures } from './verify.ts'

export interface SocketOptions {
  readonly hearing: Hearing
  /** Asked for each connection: its file may have changed. */
  readonly appToken: () => string
  readonly apiUrl?: string
  readonly signal: AbortSignal
  readonly onProblem: (problem: unknown) => void
  readonly firstBackoffMs?: number
}

const longestBackoffMs = 30_000
/** A connection that never says hello is given up. */
const helloWithinMs = 20_000
/** Slack's side of the closing is waited for this long. */
const goodbyeMs = 500

export const openSocket = (options: SocketOptions) => {
  const { signal, onProblem, firstBackoffMs = 500 } = options
  /** An envelope that Slack sent again is acknowledged again and done once. */
  const seen = new SeenSignatures()
  let trouble: string | undefined = 'not connected yet'
  let said: string | undefined

  const dial = async (): Promise<void> => {
    let failures = 0
    while (!signal.aborted) {
      try {
        await connected(options, seen, () => {
          failures = 0
          trouble = said = undefined
        })
        trouble = 'Slack ended the connection'
      } catch (problem) {
        trouble = messageOf(problem)
        if (trouble !== said && !signal.aborted) onProblem(`Slack, Socket Mode: ${said = trouble}; it is tried again`)
      }
      const backoffMs = Math.min(longestBackoffMs, firstBackoffMs * 1.5 ** failures++) * (0.5 + Math.random())
      await sleep(backoffMs, undefined, { signal }).catch(() => undefined)
    }
  }
  const dialling = dial()
  return {
    health: (): { readonly ok: boolean; readonly detail: string } => ({ ok: trouble === undefined, detail: trouble ?? 'connected' }),
    /** After the signal was given: resolves once nothing is left open. */
    ended: (): Promise<void> => dialling,
  }
}

/** From dialling to the end of the connection. It never reconnects by itself: the library's own way of doing so throws where nobody can catch. */
const connected = async ({ hearing, appToken, apiUrl, signal, onProblem }: SocketOptions, seen: SeenSignatures, onHello: () => void): Promise<void> => {
  const { SocketModeClient } = await import('@slack/socket-mode')
  const dispatcher = await proxyDispatcher()
  const client = new SocketModeClient({
    appToken: appToken(), autoReconnectEnabled: false, logger: silentLogger as never, ...(dispatcher && { dispatcher }),
    clientOptions: {
      timeout: 10_000, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, allowAbsoluteUrls: false,
      // Ended before it was connected, it would connect all the same.
      fetch: (url, init) => fetch(url as string, { ...init, signal: AbortSignal.any([signal, ...(init?.signal ? [init.signal as AbortSignal] : [])]) } as RequestInit) as never,
      ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/` }),
    },
  })
  const over = Promise.withResolvers<void>()
  let problem: unknown
  client.on('error', (error: unknown) => (problem = error))
  client.on('disconnected', () => (problem === undefined ? over.resolve() : over.reject(problem)))
  const hear = (work: (body: unknown) => Heard | Promise<Heard>) => (envelope: Envelope): void =>
    void answer(envelope, work, seen).catch((problem: unknown) => signal.aborted || onProblem(problem))
  client.on('slash_commands', hear((body) => hearing.command((name) => (body as Record<string, unknown> | null)?.[name])))
  client.on('interactive', hear((body) => hearing.pressed(body)))
  const stop = (): void => over.resolve()
  const late = setTimeout(() => over.reject(new Error('Slack did not say hello')), helloWithinMs)
  signal.addEventListener('abort', stop)
  try {
    const started = client.start().then(() => {
      clearTimeout(late)
      onHello()
    })
    await Promise.race([started, over.promise])
    await over.promise
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', stop)
    await leave(client)
    await dispatcher?.destroy()
  }
}

interface Envelope {
  readonly envelope_id: string
  readonly body: unknown
  readonly ack: (response?: object) => Promise<void>
}

/** A press is acknowledged with nothing, a command with its answer. */
const answer = async ({ envelope_id: id, body, ack }: Envelope, work: (body: unknown) => Heard | Promise<Heard>, seen: SeenSignatures): Promise<void> => {
  const now = Date.now()
  const heard: Heard = seen.add(id, now, now) ? await work(body) : {}
  await ack('body' in heard ? heard.body : undefined)
  if ('unreadable' in heard) throw new Error(`Slack, Socket Mode: ${heard.unreadable}`)
}

/** The first goodbye asks, the second one does not wait for the answer. */
const leave = async (client: SocketModeClient): Promise<void> => {
  client.removeAllListeners('slash_commands').removeAllListeners('interactive')
  const goodbye = (): Promise<void> => client.disconnect().catch(() => undefined)
  await Promise.race([goodbye(), sleep(goodbyeMs)])
  await Promise.race([goodbye(), sleep(goodbyeMs)])
}

const messageOf = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem))

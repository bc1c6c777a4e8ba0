/**
 * A Slack that refuses what Slack refuses: the Web API as @slack/web-api speaks it, response_urls, slash commands and
 * buttons with signatures, and Socket Mode. It keeps what people would see, and does what it is told to do wrong.
 */
import { createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fail, type Fault } from './slack-faults.ts'
import { readMessage } from './slack-rules.ts'
import type { Posted } from './slack-shown.ts'
import { acceptSocket, type Socket } from './slack-socket.ts'

export interface Member {
  readonly user: string
  readonly team: string
  readonly name?: string
}

export interface Answered {
  readonly status: number
  readonly body: any
  readonly tookMs: number
}

const paceMs = 600

export class FakeSlack {
  readonly signingSecret = '8f742231b10e8888abcd99yyyzzz85a5'
  botToken = 'xoxb-test'
  appToken = 'xapp-test'
  /** Channels by name and by id; whatever is not here is not found. */
  readonly channels = new Map([['#alerts', 'C0ALERTS'], ['#other', 'C0OTHER'], ['#second', 'C0SECOND']])
  readonly groups = new Map<string, readonly string[]>()
  readonly posted: Posted[] = []
  readonly calls: { readonly method: string; readonly channel: string; readonly error: string; readonly at: number }[] = []
  readonly responses: { readonly body: any; readonly error: string; readonly url: string }[] = []
  /** Windows that were opened. */
  readonly views: any[] = []
  readonly mentions: string[] = []
  readonly links: string[] = []
  /** What it refused though nobody told it to. */
  readonly refusals: string[] = []
  readonly faults: Fault[] = []
  readonly sockets = new Set<Socket>()
  connections = 0
  /** Added to the clock of response_urls. */
  aheadMs = 0
  paced = true
  readonly #server: Server
  readonly #lastPost = new Map<string, number>()
  readonly #responseUrls = new Map<string, { uses: number; since: number }>()
  readonly #acks = new Map<string, (ack: any) => void>()
  readonly #hanging = new Set<ServerResponse>()
  #count = 0

  private constructor() {
    this.#server = createServer((req, res) => void this.#serve(req, res).catch((problem: unknown) => (this.refusals.push(String(problem)), res.destroy())))
    this.#server.on('upgrade', (req, stream) => {
      this.connections++
      const socket = acceptSocket(req, stream, {
        message: (json) => this.#acks.get(json.envelope_id)?.(json.payload), end: () => this.sockets.delete(socket),
      })
      this.sockets.add(socket)
      socket.send({ type: 'hello', num_connections: this.sockets.size })
    })
  }

  static async open(port = 0): Promise<FakeSlack> {
    const fake = new FakeSlack()
    await new Promise<void>((resolve) => fake.#server.listen(port, '127.0.0.1', resolve))
    return fake
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get apiUrl(): string {
    return `${this.origin}/api`
  }

  /** Messages that stand in a channel by themselves. */
  in(channel: string): Posted[] {
    return this.posted.filter((one) => one.channel === channel && one.thread === undefined)
  }

  thread(ts: string): Posted[] {
    return this.posted.filter(({ thread }) => thread === ts)
  }

  fault(fault: Omit<Fault, 'times'> & { times?: number }): Fault {
    const added: Fault = { times: Number.POSITIVE_INFINITY, ...fault }
    this.faults.push(added)
    return added
  }

  mend(): void {
    this.faults.length = 0
    for (const res of this.#hanging) res.destroy()
    this.#hanging.clear()
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.end('cut')
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const path = req.url ?? ''
    if (path.startsWith('/response/')) return this.#respond(path, body, res)
    const form = new URLSearchParams(body)
    const twice = [...new Set(form.keys())].filter((key) => form.getAll(key).length > 1)
    if (twice.length > 0) this.refusals.push(`fields sent twice: ${twice.join()}`)
    const method = path.replace('/api/', '')
    const channel = this.#channelId(form.get('channel') ?? '')
    const note = (error: string): void => void this.calls.push({ method, channel, error, at: performance.now() })
    const say = (answer: Record<string, unknown>): void => {
      note(typeof answer['error'] === 'string' ? answer['error'] : '')
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    }
    const hurt = { req, res, say, note, hold: (held: ServerResponse) => void this.#hanging.add(held) }
    const fault = this.faults.find((one) => one.times > 0 && (one.channel ?? channel) === channel && (one.method ?? method) === method)
    if (fault) {
      fault.times--
      if (fault.how !== 'answer lost') return fail(fault, hurt)
    }
    const answer = twice.length > 0 ? { ok: false, error: 'invalid_form_data' } : this.#call(method, form, { channel, token: req.headers.authorization ?? '', host: req.headers.host ?? '' })
    if (answer === 'limited') return fail({ how: 'limited', retryAfter: 1, times: 0 }, hurt)
    if (fault) return fail(fault, hurt)
    say(answer)
  }

  #call(method: string, form: URLSearchParams, { channel, token, host }: { channel: string; token: string; host: string }): Record<string, unknown> | 'limited' {
    if (method === 'apps.connections.open') {
      return token === `Bearer ${this.appToken}` && !form.has('token')
        ? { ok: true, url: `ws://${host}/link?ticket=${randomUUID()}` } : { ok: false, error: 'invalid_auth' }
    }
    if (token !== `Bearer ${this.botToken}`) return { ok: false, error: 'invalid_auth' }
    switch (method) {
      case 'chat.postMessage':
      case 'chat.update': return this.#say(method, form, channel)
      case 'usergroups.users.list': {
        const users = this.groups.get(form.get('usergroup') ?? '')
        return users ? { ok: true, users } : { ok: false, error: 'no_such_subteam' }
      }
      case 'views.open': {
        const view = JSON.parse(form.get('view') ?? '{}')
        const wrong = !/^2\.\d+$/.test(form.get('trigger_id') ?? '') ? 'invalid_trigger_id' : (view.title?.text ?? '').length > 24 || view.blocks?.length < 1 ? 'invalid_arguments' : undefined
        if (wrong === undefined) this.views.push(view)
        return wrong === undefined ? { ok: true, view } : { ok: false, error: wrong }
      }
      default: return { ok: false, error: 'unknown_method' }
    }
  }

  #say(method: string, form: URLSearchParams, channel: string): Record<string, unknown> | 'limited' {
    if (![...this.channels.values()].includes(channel)) return { ok: false, error: 'channel_not_found' }
    const now = performance.now()
    if (method === 'chat.postMessage') {
      if (this.paced && now - (this.#lastPost.get(channel) ?? -Infinity) < paceMs) return 'limited'
      this.#lastPost.set(channel, now)
    }
    const text = form.get('text') ?? ''
    const blocks = form.has('blocks') ? JSON.parse(form.get('blocks')!) : undefined
    const { refused, mentions, links } = readMessage(text, blocks)
    if (refused) {
      this.refusals.push(`${method}: ${refused.error}: ${refused.why}`)
      return { ok: false, error: refused.error }
    }
    this.mentions.push(...mentions)
    this.links.push(...links)
    const version = { text, blocks: blocks ?? [], at: now }
    if (method === 'chat.update') {
      const found = this.posted.find((one) => one.channel === channel && one.ts === form.get('ts'))
      if (!found) return { ok: false, error: 'message_not_found' }
      Object.assign(found, { text, blocks: version.blocks })
      found.versions.push(version)
      return { ok: true, channel, ts: found.ts, text }
    }
    const thread = form.get('thread_ts') ?? undefined
    const ts = `${1_700_000_000 + ++this.#count}.000100`
    this.posted.push({ channel, ts, ...(thread === undefined ? {} : { thread }), broadcast: form.get('reply_broadcast') === 'true', text, blocks: version.blocks, versions: [version], at: now })
    return { ok: true, channel, ts, message: { text } }
  }

  #channelId(name: string): string {
    return this.channels.get(name) ?? name
  }

  /** An address for answers to one command or press: good five times and half an hour. */
  responseUrl(): string {
    const path = `/response/${randomUUID()}`
    this.#responseUrls.set(path, { uses: 0, since: performance.now() + this.aheadMs })
    return `${this.origin}${path}`
  }

  #respond(path: string, body: string, res: ServerResponse): void {
    const url = this.#responseUrls.get(path)
    const json = JSON.parse(body)
    const late = url !== undefined && performance.now() + this.aheadMs - url.since > 30 * 60_000
    const error = url === undefined ? 'no_such_url' : late ? 'expired_url' : ++url.uses > 5 ? 'used_url' : ''
    const { refused, mentions, links } = readMessage(json.text, json.blocks)
    if (error !== '' || refused) this.refusals.push(`response_url: ${error || `${refused!.error}: ${refused!.why}`}`)
    this.mentions.push(...mentions)
    this.links.push(...links)
    this.responses.push({ body: json, error: error || (refused?.error ?? ''), url: path })
    res.writeHead(error === '' ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(error === '' ? { ok: true } : { ok: false, error }))
  }

  signed(body: string, { ageMs = 0, secret = this.signingSecret } = {}): Record<string, string> {
    const timestamp = String(Math.floor((Date.now() - ageMs) / 1000))
    return {
      'content-type': 'application/x-www-form-urlencoded', 'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`,
    }
  }

  commandFields(text: string, { user, team, name = 'somebody' }: Member, channel = 'C0ALERTS'): Record<string, string> {
    return {
      token: 'old', team_id: team, team_domain: 'test', channel_id: channel, channel_name: 'alerts', user_id: user, user_name: name,
      command: '/paramedic', text, response_url: this.responseUrl(), trigger_id: `1.${++this.#count}`, is_enterprise_install: 'false', api_app_id: 'A0',
    }
  }

  /** As Slack posts it. What comes after three seconds people see as a failure of the command. */
  command(server: string, text: string, member: Member): Promise<Answered> {
    return this.#post(`${server}/slack/commands`, new URLSearchParams(this.commandFields(text, member)).toString())
  }

  pressFields(button: { action_id: string; value: string }, message: Pick<Posted, 'channel' | 'ts'>, { user, team, name = 'somebody' }: Member): Record<string, unknown> {
    return {
      type: 'block_actions', trigger_id: `2.${++this.#count}`, user: { id: user, username: name, name, team_id: team }, team: { id: team, domain: 'test' }, channel: { id: message.channel, name: 'alerts' },
      container: { type: 'message', message_ts: message.ts, channel_id: message.channel }, message: { ts: message.ts }, response_url: this.responseUrl(),
      actions: [{ type: 'button', block_id: 'b', action_ts: '1.2', ...button }],
    }
  }

  press(server: string, button: { action_id: string; value: string }, message: Pick<Posted, 'channel' | 'ts'>, member: Member): Promise<Answered> {
    return this.#post(`${server}/slack/interactivity`, new URLSearchParams({ payload: JSON.stringify(this.pressFields(button, message, member)) }).toString())
  }

  /** What somebody writes into a window. */
  submission({ callback_id, private_metadata }: any, text: string, { user, team, name = 'somebody' }: Member): Record<string, unknown> {
    return { type: 'view_submission', user: { id: user, username: name, team_id: team }, team: { id: team }, view: { callback_id, private_metadata, state: { values: { words: { text: { type: 'plain_text_input', value: text } } } } } }
  }

  async #post(url: string, body: string): Promise<Answered> {
    const began = performance.now()
    const response = await fetch(url, { method: 'POST', headers: this.signed(body), body })
    const text = await response.text()
    const tookMs = performance.now() - began
    if (tookMs > 3000) this.refusals.push(`operation_timeout: acknowledged after ${Math.round(tookMs)} ms`)
    const answer = text === '' ? undefined : JSON.parse(text)
    if (response.status === 200 && answer !== undefined) {
      const { refused } = readMessage(answer.text, answer.blocks)
      if (refused) this.refusals.push(`answer: ${refused.error}: ${refused.why}`)
    }
    return { status: response.status, body: answer, tookMs }
  }

  /** Over Socket Mode: what it was acknowledged with. */
  async overSocket(type: 'slash_commands' | 'interactive', payload: unknown, id: string = randomUUID()): Promise<any> {
    const socket = [...this.sockets].at(-1)
    if (!socket) throw new Error('nobody is connected')
    const ack = new Promise((resolve) => this.#acks.set(id, resolve))
    socket.send({ envelope_id: id, type, accepts_response_payload: type === 'slash_commands', payload })
    const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('not acknowledged within 3 s')), 3000).unref())
    return Promise.race([ack, late])
  }
}

/** Stops: pulled, proved, shown, lifted. A stop that cannot be read in full is pulled in full. */
import { MatcherError } from '../core/matcher.ts'
import { parseDuration } from '../core/duration.ts'
import { readScope } from '../core/scope.ts'
import { answer, write } from './answer.ts'
import { findId, limitOf, pageOf, unknownAfter, type Call, type Page } from './call.ts'
import { Refusal } from './errors.ts'
import { readBody, unshared } from './body.ts'
import { renderPage, pageHeaders } from './page.ts'
import type { NewStop, Ports } from './ports.ts'
import type { Form } from './schemas.ts'
import { findOne } from './past.ts'
import { listStops, viewStop } from './views/stops.ts'
import { record, wordOf } from './word.ts'

const mostBytes = 64 * 1024
const longestWaitMs = 60_000
const lookEveryMs = 10
/** Whoever waits for the proof also waits for the log, and no longer than this: that it does not have the stop is said. */
const recordedWithinMs = 2000

export async function pullStop(call: Call): Promise<void> {
  const { req, res, ports, door, query, caller } = call
  const body = await readBody(req, unshared, mostBytes).catch((problem: unknown) => {
    if (problem instanceof Refusal) return undefined
    throw problem
  })
  const { order, note: misread } = readOrder(body?.toString() ?? '{', req.headers['content-type'] ?? '')
  const who = caller.proved && !caller.peer ? caller.name : (order.who ?? caller.name)
  const asked: NewStop = { matchers: order.matchers, effect: order.effect, ...(order.forMs === undefined ? {} : { forMs: order.forMs }), why: order.why, who, ...(caller.peer && order.id !== undefined ? { id: order.id } : {}) }
  const recordedBy = performance.now() + recordedWithinMs
  const { id, durable, unkept, note: more = '' } = await ports.pullStop(asked)
  const note = [more, unkept === undefined ? '' : `It is in force, and could not be kept (${unkept}): until it is on the log, a restart forgets it.`, misread ?? ''].filter(Boolean).join(' ')
  const fromPage = (req.headers.accept ?? '').includes('text/html')
  const wait = query.get('wait')
  const waitMs = fromPage ? 3000 : wait === null ? 0 : Math.min(longestWaitMs, parseDuration(wait) ?? 10_000)
  const enough = caller.peer ? hasAnswered(ports) : (stop: Form<'Stop'>) => isProved(stop) && (stop.durable || performance.now() >= recordedBy)
  const proof = waitMs > 0 ? await waitForProof(ports, id, { waitMs, enough, signal: door.ending, gone: () => res.destroyed }) : undefined
  if (fromPage) return write(res, 201, 'text/html; charset=utf-8', renderPage(ports.read(), { pulled: id, ...(note === '' ? {} : { note }) }), pageHeaders)
  const told = note !== '' ? { note } : waitMs === 0 && coversNothing(ports, id) ? { note: 'It covers nothing that runs, waits or could start. It stands all the same: look at its matchers.' } : {}
  answer(res, 201, proof === undefined ? { id, durable, ...told } : { ...proof, ...told })
}

function coversNothing(ports: Ports, id: string): boolean {
  const stop = viewStop(ports.read(), id)
  return stop !== undefined && stop.matchers.length > 0 && stop.covers.running + stop.covers.waiting + stop.covers.routes + stop.killed.length === 0
}

interface Order {
  readonly matchers: readonly string[]
  readonly effect: 'kill' | 'pause'
  readonly forMs?: number
  readonly why: string
  readonly who?: string
  readonly id?: string
}

const everything = (why: string): Order => ({ matchers: [], effect: 'kill', why })
const narrower = 'Everything was stopped. To narrow it: pull a stop with matchers such as runbook="scale-service", then lift this one.'

/** Whatever it is, it is a stop: what cannot be understood stops everything, and says so. */
export function readOrder(text: string, contentType: string): { order: Order; note?: string } {
  if (text.trim() === '') return { order: everything('') }
  const given = contentType.startsWith('application/x-www-form-urlencoded') && !text.trimStart().startsWith('{') ? fromForm(text) : fromJson(text)
  if (given === undefined) return { order: everything(''), note: `The body could not be read. ${narrower}` }
  const why = typeof given['why'] === 'string' ? given['why'].slice(0, 1000) : ''
  const who = typeof given['who'] === 'string' && given['who'] !== '' ? { who: given['who'].slice(0, 200) } : {}
  const id = typeof given['id'] === 'string' && /^[0-9a-f-]{36}$/.test(given['id']) ? { id: given['id'] } : {}
  const { kind = 'kill', matchers = [], for: lasts } = given
  const effect = kind === 'pause' ? 'pause' : 'kill'
  const unknown = Object.keys(given).filter((key) => !['matchers', 'kind', 'for', 'why', 'who', 'id'].includes(key))
  const list = typeof matchers === 'string' ? [matchers] : matchers
  const forMs = typeof lasts === 'string' ? parseDuration(lasts) : undefined
  const until = effect === 'pause' && forMs !== undefined ? { forMs } : {}
  // A misspelt `matchers` would read as no matchers: what follows is the same, but it is said.
  const notes = [
    ...(unknown.length > 0 ? [`${unknown.slice(0, 5).map((key) => JSON.stringify(key.slice(0, 40))).join(', ')} is not known.`] : []),
    ...(lasts !== undefined && lasts !== '' && until.forMs === undefined ? [effect === 'kill' ? 'A kill never lifts itself: `for` is of a pause.' : '`for` must be a duration such as 2h: this pause stands until somebody lifts it.'] : []),
  ]
  if (!Array.isArray(list) || list.some((one) => typeof one !== 'string')) {
    return { order: { ...everything(why), ...who, ...id }, note: `\`matchers\` must be a list of texts. ${narrower}` }
  }
  let wanted = (list as string[]).filter((one) => one.trim() !== '')
  try {
    wanted = readScope(wanted)
  } catch (problem) {
    if (!(problem instanceof MatcherError)) throw problem
    return { order: { ...everything(why), ...who, ...id }, note: `${problem.message}. ${narrower}` }
  }
  if (kind !== 'kill' && kind !== 'pause') notes.push('`kind` must be kill or pause; it was taken as kill.')
  return { order: { matchers: wanted, effect, ...until, why, ...who, ...id }, ...(notes.length === 0 ? {} : { note: notes.join(' ') }) }
}

function fromJson(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** What the page's form and `curl -d why=…` send. Text that is no form at all is the reason. */
function fromForm(text: string): Record<string, unknown> {
  const form = new URLSearchParams(text)
  if (!['why', 'matchers', 'kind', 'for'].some((key) => form.has(key))) return { why: text.trim() }
  return { why: form.get('why') ?? '', kind: form.get('kind') || 'kill', for: form.get('for') ?? '', matchers: form.getAll('matchers') }
}

const isProved = ({ missing }: Form<'Stop'>): boolean => missing.length === 0

/** What another process wants to hear from this one: its own word. */
const hasAnswered = (ports: Ports) => ({ acknowledgements, missing }: Form<'Stop'>): boolean => {
  const { me } = ports.read()
  return acknowledgements.some(({ runner }) => runner === me) || !missing.some(({ runner }) => runner === me)
}

interface Waiting {
  readonly enough: (stop: Form<'Stop'>) => boolean
  readonly waitMs: number
  readonly signal: AbortSignal
  readonly gone: () => boolean
}

/** Until enough is known, or the time is over: what is known then is the proof. */
async function waitForProof(ports: Ports, id: string, { enough, waitMs, signal, gone }: Waiting): Promise<Form<'Stop'> | undefined> {
  const over = performance.now() + waitMs
  for (;;) {
    const stop = viewStop(ports.read(), id)
    if (stop === undefined || enough(stop) || performance.now() >= over || signal.aborted || gone()) return stop
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  }
}

/** Those that memory has come first, all in force among them: whoever lists them in an emergency waits for no file. `next` leads to the others. */
export async function showStops(call: Call): Promise<void> {
  const { res, ports, query } = call
  const readable = ports.read()
  const onlyInForce = query.get('inForce') === 'true'
  const here = listStops(readable).filter(({ id }) => !onlyInForce || readable.state.stops.get(id)?.lifted === undefined)
  const after = query.get('after')
  const inMemory = after === null || here.some(({ id }) => id === after)
  const page = inMemory ? pageOf(query, here, { view: ({ id }) => viewStop(readable, id)! }) : undefined
  if (page !== undefined && (page.items.length > 0 || onlyInForce)) {
    const more = readable.state.lifted.size > 0 && !onlyInForce
    return answer(res, 200, { ...page, next: page.next ?? (more ? page.items.at(-1)!.id : null) })
  }
  answer(res, 200, await listForgotten(call, inMemory ? null : after))
}

async function listForgotten({ ports, query }: Call, after: string | null): Promise<Page<Form<'Stop'>>> {
  const limit = limitOf(query)
  const begin = after === null ? undefined : (await ports.archive.find('stop', after)).find(({ id }) => id === after)
  if (after !== null && begin === undefined) throw new Refusal('BAD_QUERY', unknownAfter)
  const found = await ports.archive.page({ kind: 'stop', below: begin, limit: limit + 1 })
  const page = found.slice(0, limit)
  return { items: page.map((stop) => viewStop(ports.read(), stop.id, stop)!), next: found.length > limit ? page.at(-1)!.id : null }
}

const idsOf = (ports: Ports): string[] => listStops(ports.read()).map(({ id }) => id)

/** One that memory has forgotten is in the archive. */
export async function showStop(call: Call): Promise<void> {
  const { res, ports, id } = call
  const here = idsOf(ports).filter((one) => one === id || (id.length >= 6 && one.endsWith(id)))
  if (here.length > 0) return answer(res, 200, viewStop(ports.read(), findId(here, id)))
  const stop = await findOne(call, 'stop')
  answer(res, 200, viewStop(ports.read(), stop.id, stop))
}

export async function liftStop(call: Call): Promise<void> {
  const { res, ports } = call
  const word = await wordOf(call)
  const id = findId(idsOf(ports), call.id)
  if (ports.read().forced.includes(id)) throw new Refusal('STOP_FORCED', 'Take `force.stop` out of the configuration and start again.')
  await record(call, [{ kind: 'stop lifted', stop: id, ...word }], 'the stop stands')
  answer(res, 202, viewStop(ports.read(), id))
}

/** What is shown of workflows, episodes, and the catalogue in force. */
import { matches, MatcherError, parseMatchers } from '../core/matcher.ts'
import { ends } from '../core/reason.ts'
import { liveStates, type Job, type Workflow } from '../core/workflow.ts'
import { answer, write } from './answer.ts'
import type { Call } from './call.ts'
import { Refusal } from './errors.ts'
import { findOne, listOf } from './past.ts'
import { pageHeaders, renderPage } from './page.ts'
import { time } from './times.ts'
import { viewEdge, viewEpisode, viewPolicies, viewRoutes, viewRunbooks, viewRunner } from './views/others.ts'
import { viewWhy, viewWorkflow, type PrintedTexts } from './views/workflows.ts'

export async function showWorkflows(call: Call): Promise<void> {
  const { res, query } = call
  const states = query.get('state')?.split(',')
  mustBeOf('state', states, [...liveStates, ...ends])
  const [runbook, version] = query.get('runbook')?.split('@') ?? []
  const target = query.get('target')
  answer(res, 200, await listOf(call, 'workflow', {
    keep: (one) => (states === undefined || states.includes(one.state))
      && (runbook === undefined || (one.runbook.name === runbook && (version === undefined || version === String(one.runbook.version))))
      && (target === null || one.targets.includes(target)),
    view: (one) => viewWorkflow(call.ports.read().state, one),
    onlyRemembered: states !== undefined && !states.some((name) => (ends as readonly string[]).includes(name)),
  }))
}

/** A misspelt one would find nothing, and look like good news. */
function mustBeOf(name: string, given: readonly string[] | undefined, known: readonly string[]): void {
  if (given?.some((one) => !known.includes(one))) throw new Refusal('BAD_QUERY', `\`${name}\` must be of ${known.join(', ')}.`)
}

export async function showWorkflow(call: Call): Promise<void> {
  const workflow = await findOne(call, 'workflow')
  answer(call.res, 200, viewWorkflow(call.ports.read().state, workflow, await printedTexts(call.ports, workflow)))
}

/** Each is up to 64 kB, and read by itself. */
const mostPrinted = 20

/** Of what went wrong first, then the newest. */
async function printedTexts(ports: Call['ports'], { steps }: Workflow): Promise<PrintedTexts> {
  const jobs = steps.flatMap((step) => step.jobs).filter(({ printedAt }) => printedAt !== undefined)
  const wrong = (job: Job): number => Number(job.state !== 'done')
  const positions = jobs.toSorted((a, b) => wrong(b) - wrong(a) || b.printedAt! - a.printedAt!).slice(0, mostPrinted).map(({ printedAt }) => printedAt!)
  const texts = await Promise.all(positions.map(async (position) => [position, await ports.printedAt(position)] as const))
  return new Map(texts.flatMap(([position, text]) => (text === undefined ? [] : [[position, text]])))
}

export async function showWhy(call: Call): Promise<void> {
  const workflow = await findOne(call, 'workflow')
  answer(call.res, 200, viewWhy(call.ports.read().state, workflow))
}

export async function showEpisodes(call: Call): Promise<void> {
  const { res, ports, query } = call
  const matchers = readMatchers(query.getAll('matcher'))
  const [fingerprint, status] = [query.get('fingerprint') ?? undefined, query.get('status') ?? undefined]
  mustBeOf('status', status === undefined ? undefined : [status], ['firing', 'resolved'])
  answer(res, 200, await listOf(call, 'episode', {
    keep: (one) => matches(matchers, one.labels) && (fingerprint === undefined || one.fingerprint === fingerprint) && (status === undefined || one.status === status),
    view: (one) => viewEpisode(ports.read().state, one),
    tag: fingerprint,
  }))
}

function readMatchers(texts: readonly string[]) {
  try {
    return parseMatchers(texts)
  } catch (problem) {
    if (problem instanceof MatcherError) throw new Refusal('BAD_QUERY', problem.message)
    throw problem
  }
}

export async function showEpisode(call: Call): Promise<void> {
  const episode = await findOne(call, 'episode')
  answer(call.res, 200, viewEpisode(call.ports.read().state, episode))
}

const whole = <T>(items: readonly T[]) => ({ items, next: null })

export const showRunbooks = ({ res, ports }: Call): void => answer(res, 200, whole(viewRunbooks(ports.read())))
export const showRoutes = ({ res, ports }: Call): void => answer(res, 200, whole(viewRoutes(ports.read())))
export const showPolicies = ({ res, ports }: Call): void => answer(res, 200, whole(viewPolicies(ports.read())))
export function showRunners({ res, ports }: Call): void {
  const readable = ports.read()
  answer(res, 200, whole(readable.peers.map((peer) => viewRunner(readable, peer))))
}

export function showEdges({ res, ports }: Call): void {
  const { edges, now } = ports.read()
  answer(res, 200, whole(edges.map((edge) => viewEdge(edge, now))))
}

export async function showDigest({ res, ports, query }: Call): Promise<void> {
  const given = query.get('position')
  if (given !== null && !/^\d{1,15}$/.test(given)) throw new Refusal('BAD_QUERY', 'A position is a whole number from 0.')
  const found = await ports.digest(given === null ? undefined : Number(given))
  if (!found) throw new Refusal('POSITION_GONE', `The state is at ${ports.read().state.position}: that position is over, or is not reached soon.`)
  answer(res, 200, found)
}

export const reload = async ({ res, ports }: Call): Promise<void> => answer(res, 200, await ports.reload())

export function showReady({ res, ports }: Call): void {
  if (!ports.health().ready) throw new Refusal('NOT_READY', 'See /healthz.')
  answer(res, 200, { status: 'ready' })
}

export function showHealth({ res, ports }: Call): void {
  const { ready, checks, kill } = ports.health()
  const { state, me, unrecorded } = ports.read()
  const drills = Object.fromEntries([...state.drills].map(([drill, { at, ...one }]) => [drill, { ...one, at: time(at) }]))
  answer(res, 200, {
    ready, checks, kill, lastDrill: drills['stop']?.at ?? null, drills, process: me, position: state.position, catalogue: state.catalogue?.digest ?? null, stops: state.inForce.size + unrecorded.filter(({ id }) => !state.stops.has(id)).length,
  })
}

export async function showMetrics({ res, ports }: Call): Promise<void> {
  const { contentType, text } = await ports.metrics()
  write(res, 200, contentType, text)
}

export const showPage = ({ res, ports }: Call): void => write(res, 200, 'text/html; charset=utf-8', renderPage(ports.read()), pageHeaders)

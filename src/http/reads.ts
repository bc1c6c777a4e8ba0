/** What is shown of workflows, episodes, and the catalogue in force. */
import { matches, MatcherError, parseMatchers } from '../core/matcher.ts'
import type { Job, Workflow } from '../core/state.ts'
import { answer, write } from './answer.ts'
import { findId, newestFirst, pageOf, type Call } from './call.ts'
import { Refusal } from './errors.ts'
import { pageHeaders, renderPage } from './page.ts'
import { viewEdge, viewEpisode, viewPolicies, viewRoutes, viewRunbooks, viewRunner } from './views/others.ts'
import { viewWhy, viewWorkflow, type PrintedTexts } from './views/workflows.ts'

export function showWorkflows({ res, ports, query }: Call): void {
  const { state } = ports.read()
  const states = query.get('state')?.split(',')
  const [runbook, version] = query.get('runbook')?.split('@') ?? []
  const target = query.get('target')
  answer(res, 200, pageOf(query, newestFirst(state.workflows), {
    keep: (one) => (states === undefined || states.includes(one.state))
      && (runbook === undefined || (one.runbook.name === runbook && (version === undefined || version === String(one.runbook.version))))
      && (target === null || one.targets.includes(target)),
    view: (one) => viewWorkflow(one),
  }))
}

export async function showWorkflow({ res, ports, id }: Call): Promise<void> {
  const { state } = ports.read()
  const workflow = state.workflows.get(findId(state.workflows.keys(), id))!
  answer(res, 200, viewWorkflow(workflow, await printedTexts(ports, workflow)))
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

export function showWhy({ res, ports, id }: Call): void {
  const { state } = ports.read()
  answer(res, 200, viewWhy(state, state.workflows.get(findId(state.workflows.keys(), id))!))
}

export function showEpisodes({ res, ports, query }: Call): void {
  const { state } = ports.read()
  const matchers = readMatchers(query.getAll('matcher'))
  const [fingerprint, status] = [query.get('fingerprint'), query.get('status')]
  answer(res, 200, pageOf(query, newestFirst(state.episodes), {
    keep: (one) => matches(matchers, one.labels) && (fingerprint === null || one.fingerprint === fingerprint) && (status === null || one.status === status),
    view: (one) => viewEpisode(state, one),
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

export function showEpisode({ res, ports, id }: Call): void {
  const { state } = ports.read()
  answer(res, 200, viewEpisode(state, state.episodes.get(findId(state.episodes.keys(), id))!))
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

export const reload = async ({ res, ports }: Call): Promise<void> => answer(res, 200, await ports.reload())

export function showReady({ res, ports }: Call): void {
  if (!ports.health().ready) throw new Refusal('NOT_READY', 'See /healthz.')
  answer(res, 200, { status: 'ready' })
}

export function showHealth({ res, ports }: Call): void {
  const { ready, checks, kill, lastDrill } = ports.health()
  const { state, me } = ports.read()
  answer(res, 200, {
    ready, checks, kill, lastDrill: lastDrill ?? null, process: me, position: state.position, catalogue: state.catalogue?.digest ?? null, stops: state.inForce.size,
  })
}

export async function showMetrics({ res, ports }: Call): Promise<void> {
  const { contentType, text } = await ports.metrics()
  write(res, 200, contentType, text)
}

export const showPage = ({ res, ports }: Call): void => write(res, 200, 'text/html; charset=utf-8', renderPage(ports.read()), pageHeaders)

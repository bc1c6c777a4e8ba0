/** What remains to be done, read off the state. Pure: each is given `now`, and says the same on every server. */
import { room } from './counter.ts'
import { holderOf, isNext, jobTakes, settled } from './fold/claims.ts'
import { mayClimb } from './fold/ladder.ts'
import { awaitsExec } from './fold/requests.ts'
import { leftMs } from './deadline.ts'
import { covering } from './fold/stops.ts'
import { isMyTurn, type Seat } from './seat.ts'
import { seatFor } from './serving.ts'
import type { State } from './state.ts'
import type { Episode, Workflow } from './workflow.ts'

/** Episodes that have no answer yet. */
export const alertsDue = (state: State, seat: Seat, most: number): Episode[] => {
  const due: Episode[] = []
  if (!state.catalogue) return due
  for (const episode of state.unanswered.values()) {
    if (due.length >= most) break
    if (isMyTurn(episode.id, episode.firstAt, seat)) due.push(episode)
  }
  return due
}

/** Those that did not heal, whose ladder has a next rung. */
export const climbsDue = (state: State, seat: Seat): Workflow[] =>
  [...state.climbing].filter((workflow) => mayClimb(state, workflow) && isMyTurn(workflow.id, workflow.since, seat))

export const plansDue = (state: State, seat: Seat): Workflow[] => startable(state, 'planning', seat)

/** Plans to judge: new ones, those whose time to wait is over, and the first in each line that moved. */
export const judgementsDue = (state: State, seat: Seat): Workflow[] => {
  const due: Workflow[] = []
  for (const workflow of state.live.get('ready')!) {
    if (!workflow.decision && isMyTurn(workflow.id, workflow.startableAt, seat)) due.push(workflow)
  }
  for (const workflow of state.live.get('waiting')!) {
    const since = waitOver(state, workflow, seat.now)
    if (since !== undefined && isMyTurn(workflow.id, since, seat)) due.push(workflow)
  }
  return due
}

/** Since when a waiting workflow could be judged again; undefined while it cannot. */
const waitOver = (state: State, workflow: Workflow, now: number): number | undefined => {
  if (workflow.reason === 'stopped') return covering(state, workflow).length === 0 ? workflow.since : undefined
  const { until, key } = workflow.wait ?? {}
  const counter = key === undefined ? undefined : state.counters.get(key)
  if (key !== undefined && counter && counter.line[0] !== workflow.id) return undefined
  const take = workflow.decision?.takes.find((one) => one.key === key)
  if (take) {
    const found = room(state, take, now, workflow.id)
    return found.fits ? now : undefined
  }
  if (until !== undefined) return until <= now ? until : undefined
  return key !== undefined && counter && counter.holders.size === 0 ? workflow.since : undefined
}

/** Requests that nobody executed. */
export const requestsDue = (state: State, seat: Seat, expireMs: number): Workflow[] =>
  [...state.live.get('ready')!].filter((workflow) =>
    awaitsExec(workflow) && workflow.decision?.outcome === 'submitted' && seat.now - workflow.createdAt >= expireMs && isMyTurn(workflow.id, workflow.createdAt + expireMs, seat))

/** Questions nobody answered. */
export const questionsDue = (state: State, seat: Seat, expireMs: number): Workflow[] =>
  [...state.live.get('asking')!].filter((workflow) => {
    const over = workflow.decision?.until ?? workflow.since + expireMs
    return seat.now >= over && isMyTurn(workflow.id, over, seat)
  })

export interface JobDue {
  readonly workflow: Workflow
  readonly step: number
  readonly job: number
}

/** Jobs that this process may claim now: of what was decided to start, what it holds, and what nobody holds any more. */
export const stepsDue = (state: State, seat: Seat): JobDue[] => {
  const due: JobDue[] = []
  for (const workflow of state.live.get('ready')!) {
    if (workflow.decision?.outcome === 'start' && isOurs(workflow, seat)) due.push(...nextJobs(workflow))
  }
  for (const workflow of state.live.get('running')!) {
    if (leftMs(workflow, seat.now) <= 0) continue
    if (workflow.holder !== undefined && workflow.holder !== seat.me) continue
    if (workflow.holder === undefined ? !isOurs(workflow, seat) : !seatFor(workflow, seat)) continue
    if (covering(state, workflow).length === 0) due.push(...nextJobs(workflow).filter((job) => fits(state, job, seat.now)))
  }
  return due
}

/** What whoever decides that it starts may claim in the same batch: its preferred process, which then is asked first anyway. */
export const claimableWith = (workflow: Workflow, seat: Seat): JobDue[] => (isOurs(workflow, seat, seat.now) ? nextJobs(workflow) : [])

/** Whether this process is to go on with it: one that serves it, in its turn among those. */
const isOurs = (workflow: Workflow, seat: Seat, since = workflow.startableAt): boolean => {
  const among = seatFor(workflow, seat)
  return among !== undefined && isMyTurn(workflow.id, since, among)
}

/** Whether what its job takes has room: a pause goes on within a workflow. */
const fits = (state: State, { workflow, step, job }: JobDue, now: number): boolean =>
  jobTakes(workflow, step).every((take) => room(state, take, now, holderOf(workflow, step, job)).fits)

const nextJobs = (workflow: Workflow): JobDue[] => {
  const index = workflow.steps.findIndex((step) => !settled(step))
  const step = workflow.steps[index]
  if (!step) return []
  const free = step.concurrency - step.jobs.filter((job) => job.state === 'claimed').length
  return step.jobs.flatMap((_, job) => (isNext(workflow, index, job) ? [{ workflow, step: index, job }] : [])).slice(0, Math.max(0, free))
}

export const verificationsDue = (state: State, seat: Seat): Workflow[] => startable(state, 'verifying', seat)

const startable = (state: State, name: 'planning' | 'verifying', seat: Seat): Workflow[] => {
  const stopAll = name === 'planning' && [...state.inForce].some((stop) => stop.matchers.length === 0)
  if (stopAll) return []
  return [...state.live.get(name)!].filter((workflow) =>
    (name === 'verifying' && !workflow.probe ? isMyTurn(workflow.id, workflow.startableAt, seat) : isOurs(workflow, seat)) && (name === 'verifying' || covering(state, workflow).length === 0))
}

/** Answers alerts and judges plans: reads the state, appends what it decided, calls nobody. */
import type { Catalogue } from '../core/catalogue.ts'
import { deadlinesDue } from '../core/deadline.ts'
import { judge } from '../core/decide.ts'
import { alertsDue, climbsDue, judgementsDue, questionsDue, requestsDue } from '../core/due.ts'
import type { Decided, Fact, Matched } from '../core/entry.ts'
import { fallsDue } from '../core/fold/trust.ts'
import { heartbeatOf, heartbeatsDue, heartbeatsMoved } from '../core/heartbeats.ts'
import { compileRoutes, type Routing } from '../core/routing.ts'
import { firstRung, rungOf } from '../core/rung.ts'
import { isMyTurn, type Seat } from '../core/seat.ts'
import type { State } from '../core/state.ts'
import type { Episode, Workflow } from '../core/workflow.ts'
import type { Actor } from './follower.ts'
import { inFlight } from './in-flight.ts'
import { createUnread } from './unread.ts'

export interface DeciderOptions {
  readonly state: State
  readonly seat: () => Seat
  readonly append: (facts: readonly Fact[]) => Promise<number>
  readonly folded: (position: number) => Promise<void>
  readonly newId: () => string
  readonly canKill: () => boolean
  readonly forceDryRun: boolean
  readonly tellUnmatched: boolean
  readonly onProblem: (problem: unknown) => void
  /** Of the runner, where there is one here: appends the decision with the claims of the first step; undefined where others are to claim. */
  readonly claimWith?: (workflow: Workflow, decided: Decided) => Promise<void> | undefined
}

const alertsAtOnce = 2000
const answersAtOnce = 25
const questionsExpireMs = 3_600_000

export const createDecider = (options: DeciderOptions): Actor => {
  const { state } = options
  const busy = inFlight(options)
  let upSince: number | undefined
  let routing: { digest: string; routes: Routing } | undefined

  const routesOf = (catalogue: Catalogue): Routing => {
    if (routing?.digest !== catalogue.digest) routing = { digest: catalogue.digest, routes: compileRoutes(catalogue.routes) }
    return routing.routes
  }

  const unread = createUnread(state)
  const start = (workflow: Workflow, decided: Decided): Promise<void> => options.claimWith?.(workflow, decided) ?? options.append([decided]).then(options.folded)

  return () => {
    const catalogue = state.catalogue && state.catalogues.get(state.catalogue.digest)
    if (!catalogue) return
    const seat = options.seat()
    upSince ??= seat.now
    const routes = routesOf(catalogue)
    const alerts = busy.idle(alertsDue(state, seat, alertsAtOnce), (episode) => episode.id)
    const facts = alerts.length > 0 ? answers(alerts, catalogue, routes, options) : []
    // In parts: a commit of the log has its bounds.
    for (let i = 0; i < facts.length; i += answersAtOnce) {
      const some = facts.slice(i, i + answersAtOnce)
      busy.append(some.flatMap((fact) => (fact.kind === 'matched' ? [fact.episode] : fact.episodes)), some)
    }
    for (const workflow of busy.idle(judgementsDue(state, seat), judged)) {
      const decided = decision(workflow, catalogue, seat.now, options)
      if (decided.outcome !== 'start') busy.append([judged(workflow)], [decided])
      else if (unread.leavesRoom(decided, seat.now)) busy.during([judged(workflow)], () => unread.during(decided, () => start(workflow, decided)))
    }
    for (const workflow of busy.idle(climbsDue(state, seat), judged)) {
      busy.append([judged(workflow)], [{ kind: 'climbed', workflow: options.newId(), after: workflow.id }])
    }
    for (const { runbook, fallen: { workflow, was, heals, failures, at } } of busy.idle(fallsDue(state), fallOf)) {
      if (isMyTurn(runbook, at, seat)) busy.append([fallOf({ runbook })], [{ kind: 'demoted', runbook, workflow, was, heals, failures }])
    }
    for (const workflow of busy.idle(questionsDue(state, seat, questionsExpireMs), judged)) {
      busy.append([judged(workflow)], [{ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state: 'expired', reason: 'expired', detail: 'nobody answered within an hour' }])
    }
    for (const workflow of busy.idle(deadlinesDue(state, seat), judged)) {
      busy.append([judged(workflow)], [{ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state: 'failed', reason: 'deadline', detail: 'the time that it was given is over' }])
    }
    for (const workflow of busy.idle(requestsDue(state, seat, questionsExpireMs), judged)) {
      busy.append([judged(workflow)], [{ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state: 'expired', reason: 'expired', detail: 'it was submitted and not executed within an hour' }])
    }
    const beats = [...heartbeatsMoved(state, routes), ...heartbeatsDue(state, seat, upSince)]
    for (const fact of busy.idle(beats, beatOf)) busy.append([beatOf(fact)], [fact])
  }
}

/** One judgement per state that a workflow is in: what was decided and not yet read back is not decided again. */
const judged = (workflow: Workflow): string => `${workflow.id} ${workflow.turn}`

const fallOf = ({ runbook }: { readonly runbook: string }): string => `fall ${runbook}`

const beatOf = ({ route }: { readonly route: string }): string => `beat ${route}`

const decision = (workflow: Workflow, catalogue: Catalogue, at: number, options: DeciderOptions): Decided => {
  const { state, canKill, forceDryRun } = options
  return { kind: 'decided', ...judge({ state, workflow, plan: workflow.plan!, catalogue, at, canKill: canKill(), forceDryRun }) }
}

type Unmatched = Fact & { kind: 'unmatched' }

/** What became of each: a workflow of its own, or together with those that went the same way without one. */
const answers = (episodes: readonly Episode[], catalogue: Catalogue, routes: Routing, options: DeciderOptions): (Matched | Unmatched)[] => {
  const facts: Matched[] = []
  const together = new Map<string, Unmatched & { episodes: string[] }>()
  for (const episode of episodes) {
    const answer = answerTo(episode, catalogue, routes, options)
    if (answer.kind === 'matched') {
      facts.push(answer)
      continue
    }
    const key = `${answer.route} ${answer.reason} ${answer.detail}`
    const sameWay = together.get(key)
    if (sameWay) sameWay.episodes.push(episode.id)
    else together.set(key, { ...answer, episodes: [episode.id] })
  }
  return [...facts, ...together.values()]
}

const answerTo = (episode: Episode, catalogue: Catalogue, routes: Routing, options: DeciderOptions): Matched | Unmatched => {
  const found = routes.route(episode.labels)
  const none = { kind: 'unmatched', episodes: [], route: found?.route.source ?? '' } as const
  const route = found?.route
  const tell = (route?.unmatched ?? (options.tellUnmatched ? 'tell' : 'record')) === 'tell'
  const to = route?.channel === undefined ? {} : { channel: route.channel }
  if (!route) return { ...none, reason: 'no route', detail: 'no route knows it', tell }
  if (route.heartbeatMs !== undefined) {
    return heartbeatOf(episode.id, route.source, route.heartbeatMs)
  }
  if (!route.runbook) return { ...none, ...to, reason: 'recorded', detail: 'its route names no runbook', tell }
  if (route.mode === 'off') return { ...none, ...to, reason: 'mode off', detail: `its route is off (${route.source})`, tell }
  const first = firstRung(options.state, { ...route, runbook: route.runbook }, episode.labels, catalogue)
  if ('reason' in first) return { ...none, ...to, ...first, tell: true }
  const ladder = (route.ladder ?? []).map((rung) => rungOf(rung, route, episode.labels, catalogue)).filter((rung) => 'runbook' in rung)
  return {
    kind: 'matched', episode: episode.id, workflow: options.newId(), catalogue: catalogue.digest, route: route.source, ...first, mode: route.mode,
    ...(ladder.length === 0 ? {} : { ladder }), ...to, ...(route.approvers === undefined ? {} : { approvers: route.approvers }),
  }
}

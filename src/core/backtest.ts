/**
 * Other routes and policies on the alerts of the past. Each decision is judged where it stood: by the plan, the facts and the
 * counts that were recorded then. What nobody recorded (a fact, a plan, a count) makes it `unknown`, and never allowed.
 */
import { canonical } from './canonical.ts'
import { runbookId, type Catalogue, type PolicyEntry } from './catalogue.ts'
import { judge, type Judgement } from './decide.ts'
import { givenOf } from './explain.ts'
import { label, type Labels } from './labels.ts'
import { createSecondReading, type PastDecision } from './past.ts'
import type { Verdict } from './policy.ts'
import { compileRoutes } from './routing.ts'
import { rungOf } from './rung.ts'
import type { State } from './state.ts'
import type { Episode, Workflow } from './workflow.ts'

export interface Outcome {
  readonly outcome: Judgement['outcome'] | 'no workflow' | 'unknown'
  readonly reason: string
  readonly detail: string
}

export interface Tried {
  readonly name: string
  readonly workflow: string | undefined
  readonly at: number
  readonly then: Outcome
  readonly now: Outcome
}

/** Fed with the log from its beginning, once more; `last` are the decisions that counted last for each workflow. */
export const createBacktest = (changed: Catalogue, last: readonly PastDecision[]) => {
  const routes = compileRoutes(changed.routes)
  const tried: Tried[] = []
  const { fold, episodes } = createSecondReading(last, (state, decision) => {
    const workflow = state.workflows.get(decision.entry.workflow)
    const then = outcomeOf(decision.entry)
    const found = workflow && workflow.episode !== undefined ? answerOf(workflow.labels, routes, changed) : undefined
    tried.push({ name: label(workflow?.labels ?? new Map(), 'alertname'), workflow: decision.entry.workflow, at: decision.at, then, now: workflow ? judged(state, workflow, { decision, changed, found }) : unknown('it is not on the log') })
  })
  return {
    fold,
    /** With the alerts that got no workflow. */
    tried: (): Tried[] => [...tried, ...episodes().flatMap((episode) => withoutWorkflow(episode, answerOf(episode.labels, routes, changed)))],
  }
}

const unknown = (detail: string): Outcome => ({ outcome: 'unknown', reason: '', detail })
const none = (reason: string, detail = ''): Outcome => ({ outcome: 'no workflow', reason, detail })
const outcomeOf = ({ outcome, reason, detail }: Pick<Judgement, 'outcome' | 'reason' | 'detail'>): Outcome => ({ outcome, reason: reason ?? '', detail })

type Answer = Outcome | { readonly runbook: string; readonly mode: Workflow['mode']; readonly params: Workflow['params'] }

/** As the decider answers: the first route that matches, and what its runbook asks of the alert. */
export const answerOf = (labels: Labels, routes: ReturnType<typeof compileRoutes>, catalogue: Catalogue): Answer => {
  const route = routes.route(labels)?.route
  if (!route) return none('no route')
  if (route.heartbeatMs !== undefined) return none('heartbeat')
  if (!route.runbook) return none('recorded')
  if (route.mode === 'off') return none('mode off')
  const first = rungOf({ runbook: route.runbook, params: route.params }, route, labels, catalogue)
  return 'reason' in first ? none(first.reason, first.detail) : { runbook: runbookId(first.runbook), mode: route.mode, params: first.params }
}

const withoutWorkflow = ({ answer, labels, firstAt }: Episode, found: Answer): Tried[] => {
  if (!answer || 'workflow' in answer) return []
  const then = none(answer.reason, answer.detail)
  // What was over before it was answered is nobody's to answer.
  const over = answer.reason === 'resolved' || answer.reason === 'resolved first'
  const now = over ? then : 'outcome' in found ? found : unknown(`${found.runbook} made no plan for it`)
  return [{ name: label(labels, 'alertname'), workflow: undefined, at: firstAt, then, now }]
}

const judged = (state: State, workflow: Workflow, { decision, changed, found }: { decision: PastDecision; changed: Catalogue; found: Answer | undefined }): Outcome => {
  if (found && 'outcome' in found) return found
  if (found && (found.runbook !== runbookId(workflow.runbook) || canonical(found.params) !== canonical(workflow.params))) return unknown(`${found.runbook} made no plan for it with these params`)
  if (workflow.plan?.digest !== decision.entry.plan) return unknown('its plan is not on the log')
  const before = state.catalogues.get(decision.entry.catalogue)
  if (!before) return unknown('the catalogue of then is not on the log')
  const now = judge({ state, workflow: found ? { ...workflow, mode: found.mode } : workflow, plan: workflow.plan, catalogue: changed, ...givenOf(state, decision) })
  const { name } = workflow.runbook
  const unread = now.verdicts.filter((verdict) => lacksFact(verdict, decision) || lacksCount(verdict, before.policies[name] ?? [], changed.policies[name] ?? []))
  // A refusal that rests on what is known stands, whatever the unknown would say.
  const refused = now.verdicts.find((verdict) => verdict.verdict === 'refuse' && !unread.includes(verdict))
  if (unread.length > 0 && !refused) return unknown(unread.map((verdict) => `${verdict.policy}: ${verdict.reason === 'fact missing' ? verdict.detail : 'nobody counted for it then'}`).join('; '))
  return refused && unread.length > 0 ? { outcome: 'refuse', reason: refused.reason ?? '', detail: refused.detail } : outcomeOf(now)
}

/** That it could not be read then either is no unknown: it was refused for it. */
const lacksFact = ({ policy, reason, again }: Verdict, { entry }: PastDecision): boolean =>
  reason === 'fact missing' && !again && !entry.verdicts.some((one) => one.policy === policy && one.reason === 'fact missing')

/** Counts are kept under the policy that asks for them: one that was not there, or counted otherwise, finds an empty counter. */
const lacksCount = ({ policy, takes = [], verdict }: Verdict, before: readonly PolicyEntry[], after: readonly PolicyEntry[]): boolean => {
  if (verdict === 'refuse' || !takes.some(({ key }) => !always.test(key))) return false
  const [old, now] = [before, after].map((entries) => entries.find(({ name }) => name === policy))
  return now !== undefined && (old === undefined || counts(old) !== counts(now))
}

/** What the fold counts by itself, whatever the policies are. */
const always = /^(asked|firing|target):/

/** All of a policy but how much it allows. */
const counts = ({ type, settings }: PolicyEntry): string => canonical({ type, settings: { ...settings, max: undefined } })

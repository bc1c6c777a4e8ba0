/** A decision of the past, judged again by today's code on the log, the catalogue and the facts of then. */
import { canonical } from './canonical.ts'
import { judge, type Judgement } from './decide.ts'
import { createSecondReading, type PastDecision } from './past.ts'
import type { Verdict } from './policy.ts'
import type { State } from './state.ts'

export interface Explained {
  readonly then: PastDecision
  /** What today's code says; undefined where it cannot be judged any more, and `missing` says why. */
  readonly now: Judgement | undefined
  readonly missing: string
  /** Outcome, reason, every verdict and every take are the same. */
  readonly same: boolean
  readonly verdicts: readonly { readonly policy: string; readonly then?: Verdict; readonly now?: Verdict; readonly same: boolean }[]
}

/** Fed with the log from its beginning, it fills `explained` with these decisions in the order of their judgement. */
export const createExplainer = (decisions: readonly PastDecision[]) => {
  const explained: Explained[] = []
  const { fold } = createSecondReading(decisions, (state, decision) => void explained.push(explain(state, decision)))
  return { explained, fold }
}

/** `state` is what was folded up to `judgedAt`. */
const explain = (state: State, then: PastDecision): Explained => {
  const { entry } = then
  const workflow = state.workflows.get(entry.workflow)
  const catalogue = state.catalogues.get(entry.catalogue)
  const missing = !catalogue ? `the catalogue ${entry.catalogue.slice(0, 12)} is not on the log`
    : workflow?.plan?.digest !== entry.plan ? `the plan ${entry.plan.slice(0, 12)} is not on the log before it` : ''
  if (missing !== '') return { then, now: undefined, missing, same: false, verdicts: entry.verdicts.map((verdict) => ({ policy: verdict.policy, then: verdict, same: false })) }
  const now = judge({ state, workflow: workflow!, plan: workflow!.plan!, catalogue: catalogue!, ...givenOf(state, then) })
  return { then, now, missing, same: sameText(essence(entry)) === sameText(essence(now)), verdicts: beside(entry.verdicts, now.verdicts) }
}

/** What was handed to whoever judged. A log from before this was written down tells most of it. */
export const givenOf = (state: Pick<State, 'at'>, { entry }: PastDecision) =>
  entry.given ?? { at: state.at, canKill: entry.reason !== 'no kill', forceDryRun: entry.reason === 'force.dryRun' }

const essence = ({ outcome, reason, detail, verdicts, takes, until, key }: Omit<Judgement, 'workflow' | 'turn'>) => ({ outcome, reason, detail, verdicts, takes, until, key })

/** As it stands on the log: what JSON cannot say is no difference. */
const sameText = (value: unknown): string => canonical(JSON.parse(JSON.stringify(value)))

/** In the order of then, what is new after it. Two gates of one name are told apart by their place. */
const beside = (then: readonly Verdict[], now: readonly Verdict[]): Explained['verdicts'] => {
  const left = [...now]
  const pairs = then.map((verdict) => {
    const place = left.findIndex(({ policy }) => policy === verdict.policy)
    const other = place < 0 ? undefined : left.splice(place, 1)[0]
    return { policy: verdict.policy, then: verdict, ...(other ? { now: other } : {}), same: other !== undefined && sameText(verdict) === sameText(other) }
  })
  return [...pairs, ...left.map((verdict) => ({ policy: verdict.policy, now: verdict, same: false }))]
}

/**
 * All policies of a runbook on one plan. Every one is asked, so that a person sees every objection at once; the worst
 * verdict is the one that counts. What cannot be judged does not run.
 */
import type { Catalogue, PolicyEntry } from '../catalogue.ts'
import type { Take } from '../plan.ts'
import { verdicts, type FactName, type Judged, type Verdict } from '../policy.ts'
import { lacking } from './facts.ts'
import { policyTypes } from './index.ts'

export function judgePolicies(catalogue: Pick<Catalogue, 'policies'>, judged: Judged): Verdict[] {
  const { name } = judged.runbook
  const entries = Object.hasOwn(catalogue.policies, name) ? catalogue.policies[name]! : []
  if (entries.length > 0) return entries.map((entry) => judgeOne(entry, judged))
  return [{ policy: 'policies', verdict: 'refuse', reason: 'no policy', detail: `no policy is written for ${name}` }]
}

function judgeOne(entry: PolicyEntry, judged: Judged): Verdict {
  try {
    const type = policyTypes.get(entry.type)
    if (type === undefined) return failed(entry, `there is no policy type ${entry.type} in this version`)
    const settings = settingsOf(entry)
    if (settings === undefined) return failed(entry, 'its settings do not fit its type')
    return lacking(type.needs?.(settings as never) ?? [], judged, entry.name) ?? type.judge(settings as never, judged, entry.name)
  } catch (error) {
    return failed(entry, error instanceof Error ? error.message : String(error))
  }
}

/** Checked again because a catalogue may come from the log of an older version; once per entry, not per plan. */
const checked = new WeakMap<PolicyEntry, { settings: unknown }>()

export function settingsOf(entry: PolicyEntry): unknown {
  let known = checked.get(entry)
  if (known === undefined) {
    const parsed = policyTypes.get(entry.type)?.schema.safeParse(entry.settings)
    known = { settings: parsed?.success ? parsed.data : undefined }
    checked.set(entry, known)
  }
  return known.settings
}

const failed = (entry: PolicyEntry, why: string): Verdict =>
  ({ policy: entry.name, verdict: 'refuse', reason: 'policy failed', detail: `${entry.name} (${entry.source}) could not judge: ${why}` })

/** What has to be observed for a plan of this runbook. Settings that do not fit need nothing: they refuse. */
export function factsNeeded(catalogue: Pick<Catalogue, 'policies'>, runbook: string): FactName[] {
  const entries = Object.hasOwn(catalogue.policies, runbook) ? catalogue.policies[runbook]! : []
  const needed = entries.flatMap((entry) => {
    const type = policyTypes.get(entry.type)
    const settings = type?.needs && settingsOf(entry)
    return settings === undefined ? [] : type!.needs!(settings as never)
  })
  return [...new Set(needed)]
}

/** refuse > ask > wait > allow; of several waits the one that clears last, else the first. Undefined only for an empty list. */
export function worst(all: readonly Verdict[]): Verdict | undefined {
  return all.reduce<Verdict | undefined>((a, b) => (a === undefined || worse(b, a) ? b : a), undefined)
}

function worse(b: Verdict, a: Verdict): boolean {
  if (a.verdict !== b.verdict) return verdicts.indexOf(b.verdict) > verdicts.indexOf(a.verdict)
  return b.verdict === 'wait' && (b.until ?? -Infinity) > (a.until ?? -Infinity)
}

/** What the decision to start must carry. Nothing unless every policy allows. */
export const takesOf = (all: readonly Verdict[]): Take[] =>
  all.every(({ verdict }) => verdict === 'allow') ? all.flatMap(({ takes }) => takes ?? []) : []

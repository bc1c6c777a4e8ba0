/** A wish, held against the catalogue in force, becomes what goes on the log. The same whoever asks and by which door. */
import { runbookId, type Catalogue, type RunbookManifest } from './catalogue.ts'
import type { Submitted } from './entry.ts'
import { checkParams } from './params.ts'

export interface Asked {
  /** `NAME`, for its newest version, or `NAME@VERSION`. */
  readonly runbook: string
  readonly targets: readonly string[]
  /** Other hands than its script says. */
  readonly provider?: string
  readonly params: Readonly<Record<string, unknown>>
  readonly labels: Readonly<Record<string, string>>
  readonly why: string
  readonly dryRun: boolean
  /** Its budget; never more than its runbook gives. */
  readonly deadlineMs?: number
}

export interface FieldProblem {
  readonly field: string
  readonly problem: string
}

export const submission = (asked: Asked, catalogue: Catalogue, sent: Pick<Submitted, 'workflow' | 'key' | 'body' | 'who'>): Submitted | { readonly problems: readonly FieldProblem[] } => {
  const runbook = manifestOf(asked.runbook, catalogue)
  if (runbook === undefined) return { problems: [{ field: 'runbook', problem: `${asked.runbook} is not in the catalogue; known: ${known(asked.runbook, catalogue)}` }] }
  if (catalogue.revoked?.includes(runbookId(runbook))) return { problems: [{ field: 'runbook', problem: `${runbookId(runbook)} was revoked` }] }
  const { params, problems } = checkParams(runbook.params, asked.params)
  if (problems.length > 0) return { problems: problems.map(({ param, problem }) => ({ field: `params.${param}`, problem })) }
  const { name, version, digest, steps, healedWithinMs, verify } = runbook
  return {
    kind: 'submitted', catalogue: catalogue.digest, runbook: { name, version, digest }, provider: asked.provider ?? runbook.provider, targets: asked.targets, params,
    mode: asked.dryRun ? 'dry-run' : 'auto', steps, healedWithinMs, probe: verify, labels: Object.entries(asked.labels), why: asked.why, ...sent,
    ...(asked.deadlineMs === undefined ? {} : { deadlineMs: Math.min(asked.deadlineMs, runbook.deadlineMs ?? Infinity) }),
  }
}

const manifestOf = (wanted: string, { runbooks }: Catalogue): RunbookManifest | undefined => {
  const [name, version] = wanted.split('@')
  const all = Object.values(runbooks).filter((one) => one.name === name)
  return version === undefined ? all.toSorted((a, b) => b.version - a.version)[0] : all.find((one) => String(one.version) === version)
}

const known = (wanted: string, { runbooks }: Catalogue): string => {
  const all = Object.values(runbooks).filter(({ name }) => name === wanted.split('@')[0])
  const names = all.length > 0 ? all.map(runbookId) : [...new Set(Object.values(runbooks).map(({ name }) => name))]
  return names.sort().slice(0, 20).join(', ') || 'none'
}

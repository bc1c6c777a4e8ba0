/** A request as it comes: checked in full, every problem named with its field, and made into what goes on the log. */
import { randomUUIDv7 } from 'node:crypto'
import { runbookId, type Catalogue, type RunbookManifest } from '../core/catalogue.ts'
import type { Submitted } from '../core/entry.ts'
import { checkParams } from '../core/params.ts'
import { Refusal } from './errors.ts'

export interface Asked {
  readonly runbook: string
  readonly targets: readonly string[]
  readonly params: Readonly<Record<string, unknown>>
  readonly labels: Readonly<Record<string, string>>
  readonly why: string
  readonly dryRun: boolean
}

const fields = ['runbook', 'targets', 'params', 'labels', 'why', 'dryRun']
/** Who asks, where no token proves it: no part of what is asked for. */
const besides = ['who']

/** Every problem at once, each with its field. */
export function readRequest(given: Readonly<Record<string, unknown>>): Asked {
  const problems: { field: string; problem: string }[] = []
  const wrong = (field: string, problem: string): void => void problems.push({ field, problem })
  for (const name of Object.keys(given)) if (!fields.includes(name) && !besides.includes(name)) wrong(name.slice(0, 100), `is not known: a request has ${fields.join(', ')}`)
  const { runbook, targets, params = {}, labels = {}, why = '', dryRun = false } = given
  if (typeof runbook !== 'string' || !/^[a-z0-9][a-z0-9-]*(@[1-9]\d{0,6})?$/.test(runbook)) wrong('runbook', 'must be NAME or NAME@VERSION')
  // Empty never means everything.
  if (!isList(targets) || targets.length === 0 || targets.length > 1000) wrong('targets', 'must be a list of 1 to 1000 names')
  else if (targets.some((one) => one === '' || one.length > 1024) || new Set(targets).size < targets.length) wrong('targets', 'holds an empty name, one that is too long, or one twice')
  if (!isObject(params)) wrong('params', 'must be an object')
  if (!isObject(labels) || Object.values(labels).some((value) => typeof value !== 'string')) wrong('labels', 'must be an object of texts')
  if (typeof why !== 'string' || why.length > 1000) wrong('why', 'must be a text of at most 1000 letters')
  if (typeof dryRun !== 'boolean') wrong('dryRun', 'must be true or false')
  if (problems.length > 0) throw badRequest(problems)
  return { runbook, targets, params, labels, why, dryRun } as Asked
}

const badRequest = (problems: readonly { field: string; problem: string }[]): Refusal =>
  new Refusal('BAD_WORKFLOW', problems.map(({ field, problem }) => `${field} ${problem}`).join('; '), { more: { problems: problems.map((one) => ({ index: -1, ...one })) } })

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string')

export function submission(asked: Asked, catalogue: Catalogue, sent: Pick<Submitted, 'key' | 'body' | 'who'>): Submitted {
  const runbook = manifestOf(asked.runbook, catalogue)
  const { params, problems } = checkParams(runbook.params, asked.params)
  if (problems.length > 0) throw badRequest(problems.map(({ param, problem }) => ({ field: `params.${param}`, problem })))
  const { name, version, digest, provider, steps, healedWithinMs, verify } = runbook
  return {
    kind: 'submitted', workflow: randomUUIDv7(), catalogue: catalogue.digest, runbook: { name, version, digest }, provider, targets: asked.targets, params,
    mode: asked.dryRun ? 'dry-run' : 'auto', steps, healedWithinMs, probe: verify, labels: Object.entries(asked.labels), why: asked.why, ...sent,
  }
}

/** Without a version the newest. */
function manifestOf(wanted: string, { runbooks }: Catalogue): RunbookManifest {
  const [name, version] = wanted.split('@')
  const all = Object.values(runbooks).filter((one) => one.name === name)
  const found = version === undefined ? all.toSorted((a, b) => b.version - a.version)[0] : all.find((one) => String(one.version) === version)
  if (found) return found
  const known = all.length > 0 ? all.map(runbookId) : [...new Set(Object.values(runbooks).map((one) => one.name))]
  throw badRequest([{ field: 'runbook', problem: `${wanted} is not in the catalogue; known: ${known.sort().slice(0, 20).join(', ') || 'none'}` }])
}

/** A request as it comes: checked in full, every problem named with its field. */
import { durationProblem, parseDuration } from '../core/duration.ts'
import type { Asked, FieldProblem } from '../core/submission.ts'
import { Refusal } from './errors.ts'

const fields = ['runbook', 'targets', 'provider', 'params', 'labels', 'why', 'dryRun', 'deadline']
/** Who asks, where no token proves it: no part of what is asked for. */
const besides = ['who']

/** Every problem at once, each with its field. */
export function readRequest(given: Readonly<Record<string, unknown>>): Asked {
  const problems: FieldProblem[] = []
  const wrong = (field: string, problem: string): void => void problems.push({ field, problem })
  for (const name of Object.keys(given)) if (!fields.includes(name) && !besides.includes(name)) wrong(name.slice(0, 100), `is not known: a request has ${fields.join(', ')}`)
  const { runbook, targets, provider, params = {}, labels = {}, why = '', dryRun = false, deadline } = given
  if (typeof runbook !== 'string' || !/^[a-z0-9][a-z0-9-]*(@[1-9]\d{0,6})?$/.test(runbook)) wrong('runbook', 'must be NAME or NAME@VERSION')
  // Empty never means everything.
  if (!isList(targets) || targets.length === 0 || targets.length > 1000) wrong('targets', 'must be a list of 1 to 1000 names')
  else if (targets.some((one) => one === '' || one.length > 1024) || new Set(targets).size < targets.length) wrong('targets', 'holds an empty name, one that is too long, or one twice')
  if (provider !== undefined && (typeof provider !== 'string' || !/^[a-z0-9][a-z0-9-]{0,62}$/.test(provider))) wrong('provider', 'must be the name of a provider')
  if (!isObject(params)) wrong('params', 'must be an object')
  if (!isObject(labels) || Object.values(labels).some((value) => typeof value !== 'string')) wrong('labels', 'must be an object of texts')
  if (typeof why !== 'string' || why.length > 1000) wrong('why', 'must be a text of at most 1000 letters')
  if (typeof dryRun !== 'boolean') wrong('dryRun', 'must be true or false')
  const deadlineMs = typeof deadline === 'string' ? parseDuration(deadline) : undefined
  if (deadline !== undefined && deadlineMs === undefined) wrong('deadline', durationProblem)
  if (problems.length > 0) throw badRequest(problems)
  return { runbook, targets, ...(provider === undefined ? {} : { provider }), params, labels, why, dryRun, ...(deadlineMs === undefined ? {} : { deadlineMs }) } as Asked
}

export const badRequest = (problems: readonly FieldProblem[]): Refusal =>
  new Refusal('BAD_WORKFLOW', problems.map(({ field, problem }) => `${field} ${problem}`).join('; '), { more: { problems: problems.map((one) => ({ index: -1, ...one })) } })

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string')

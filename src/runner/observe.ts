/**
 * Reads of the outside what the policies of a runbook ask for, at the moment of its plan. What cannot be read is left out:
 * the policy that needs it refuses.
 */
import type { Catalogue } from '../core/catalogue.ts'
import { factsNeeded } from '../core/policies/judge.ts'
import { mayBeOld } from '../core/fold/episodes.ts'
import { plainLabels } from '../core/labels.ts'
import type { Json, Observed, Plan } from '../core/plan.ts'
import type { FactName } from '../core/policy.ts'
import { wasSilenced } from '../core/silence.ts'
import type { State } from '../core/state.ts'
import type { Workflow } from '../core/workflow.ts'
import type { Size } from '../runbook.ts'
import { runCode } from './code.ts'
import type { RunnerDeps } from './deps.ts'

const readMs = 10_000
const readsAtOnce = 8
/** More than this is not a fleet that one entry of the log holds. */
const largestFleet = 2000

export type Named = Size & { readonly name: string }

export const readSize = (name: string, workflow: Workflow, { hands }: RunnerDeps): Promise<Json> =>
  hands.call(workflow.provider, 'scale.read', [name], { deadlineMs: readMs, signal: new AbortController().signal })

export interface Observing {
  readonly workflow: Workflow
  readonly targets: readonly Named[]
  /** Log time before the first of them was read. */
  readonly readAt: number
  readonly plan: Omit<Plan, 'digest' | 'observed'>
}

export const observe = async (observing: Observing, deps: RunnerDeps): Promise<Observed[]> => {
  const observed = await read(observing, deps)
  return [...observed, ...(await judgeByCode(observing, observed, deps))]
}

const judgeByCode = ({ workflow, plan, readAt }: Observing, observed: readonly Observed[], { state }: RunnerDeps): Promise<Observed[]> => {
  const entries = inForce(state)?.policies[workflow.runbook.name] ?? []
  const { runbook, provider, params, labels, manifest, request } = workflow
  const input = {
    runbook: { name: runbook.name, version: runbook.version }, provider, params, labels: plainLabels(labels), requester: request?.who ?? null, at: new Date(readAt).toISOString(),
    plan: { ...plan, observed }, steps: manifest,
  }
  return runCode(entries, input as unknown as { [name: string]: Json }, { at: readAt })
}

const read = async ({ workflow, targets, readAt }: Observing, deps: RunnerDeps): Promise<Observed[]> => {
  const needed = neededBy(workflow, deps.state)
  if (mayBeOld(deps.state, workflow) || wasSilenced(workflow)) needed.push('fires')
  if (deps.alertSilence && workflow.episode !== undefined) needed.push('silence')
  const each = (name: FactName, valueOf: (target: Named) => Json): Observed[] =>
    targets.map((target) => ({ name, target: target.name, value: valueOf(target), readAt }))
  const all = async (name: FactName, read: () => Promise<Json>): Promise<Observed[]> => {
    try {
      return needed.includes(name) ? [{ name, value: await read(), readAt }] : []
    } catch (problem) {
      deps.onProblem(problem)
      return []
    }
  }
  return [
    ...each('size', ({ replicas, ready, version }) => ({ replicas, ready, version })),
    ...(needed.includes('labels') ? each('labels', ({ labels }) => labels) : []),
    ...(needed.includes('controller') ? each('controller', ({ rollingOut, autoscaled }) => ({ ...(rollingOut === undefined ? {} : { rollingOut }), ...(autoscaled === undefined ? {} : { autoscaled }) })) : []),
    ...(await all('fleet', () => readFleet(workflow, deps))),
    ...(await all('alerts', async () => {
      if (!deps.activeAlerts) throw new Error('a policy asks for the alerts that are active, and no Alertmanager is configured')
      return deps.activeAlerts()
    })),
    ...(await all('fires', async () => {
      const fires = await deps.alertFires?.(workflow)
      if (fires === undefined) throw new Error(`it is not known whether the alert of ${workflow.id} still fires`)
      return fires
    })),
    ...(await all('silence', async () => ((await deps.alertSilence!(workflow)) ?? null) as Json)),
  ]
}

const inForce = ({ catalogue, catalogues }: State): Catalogue | undefined => catalogue && catalogues.get(catalogue.digest)

const neededBy = (workflow: Workflow, state: State): FactName[] => {
  const catalogue = inForce(state)
  return catalogue ? factsNeeded(catalogue, workflow.runbook.name) : []
}

/** Every target of the provider. One that does not answer is not healthy; a list that does not come is no fact. */
const readFleet = async (workflow: Workflow, deps: RunnerDeps): Promise<Json> => {
  const listed = (await deps.hands.call(workflow.provider, 'scale.list', [], { deadlineMs: readMs, signal: new AbortController().signal })) as unknown as { name: string; id: string }[]
  if (listed.length > largestFleet) throw new Error(`${workflow.provider} has ${listed.length} targets; a fleet of more than ${largestFleet} cannot be observed`)
  const members: Json[] = []
  for (let from = 0; from < listed.length; from += readsAtOnce) {
    members.push(...(await Promise.all(listed.slice(from, from + readsAtOnce).map(async ({ name, id }) => {
      const size = (await readSize(name, workflow, deps).catch(() => undefined)) as Size | undefined
      return { name, id, healthy: size !== undefined && size.ready >= size.replicas, labels: size?.labels ?? {} }
    }))))
  }
  return members
}

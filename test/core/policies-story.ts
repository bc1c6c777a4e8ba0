/** A story in which policies are judged, and plans are made, started and ended. */
import type { PolicyEntry } from '../../src/core/catalogue.ts'
import type { Plan } from '../../src/core/plan.ts'
import type { Workflow } from '../../src/core/workflow.ts'
import { fact, resize } from './policies-judged.ts'
import { catalogueWith, Story } from './story.ts'

export const policy = (type: string, settings: Record<string, unknown>, name = type): PolicyEntry => ({ type, name, settings, source: 'p.yaml:1' })
export const minute = 60_000

export class Told extends Story {
  readonly policies: PolicyEntry[]
  constructor(...policies: PolicyEntry[]) {
    super()
    this.policies = policies
  }

  /** A workflow whose plan is this, as of now. */
  planned(plan: Plan, options: Parameters<Story['workflow']>[0] = {}): Workflow {
    const workflow = this.workflow({ target: plan.targets[0]!.name, effects: ['repeatable'], ...options, each: plan.targets.map(({ name }) => name) })
    return this.replan(workflow, plan)
  }

  replan(workflow: Workflow, plan: Plan): Workflow {
    this.says({ kind: 'decided', ...this.judge(workflow, { at: this.at + 3_600_000 }), outcome: 'plan again', verdicts: [] })
    this.says({ kind: 'planned', workflow: workflow.id, turn: workflow.turn, plan: { ...plan, observed: plan.observed.map((one) => ({ ...one, readAt: this.at })) } })
    return workflow
  }

  decide(workflow: Workflow): this {
    return this.says({ kind: 'decided', ...this.judge(workflow, { catalogue: catalogueWith(this.policies) }) })
  }

  start(workflow: Workflow): this {
    this.decide(workflow)
    if (workflow.decision?.outcome === 'start') this.claim(workflow)
    return this
  }

  end(workflow: Workflow, state: 'healed' | 'unproven' | 'failed' = 'healed'): this {
    for (const step of workflow.steps) {
      for (const [job, { claim, state: is }] of step.jobs.entries()) if (is === 'claimed') this.done(workflow, workflow.steps.indexOf(step), claim!, 'A', job)
    }
    return this.says({ kind: 'ended', workflow: workflow.id, turn: workflow.turn, state, reason: state === 'healed' ? 'alert gone' : 'not healed in time', detail: '' })
  }
}

export const said = ({ state, reason }: Workflow) => `${state}${reason === undefined ? '' : ` ${reason}`}`
export const web = (agoMs = 0) => resize({ web: [3, 2] }, { agoMs })
export const fleet = (sick: readonly string[]) => [fact('fleet', ['web', 'api', 'db'].map((name) => ({ name, id: `id-${name}`, healthy: !sick.includes(name), labels: {} })))]

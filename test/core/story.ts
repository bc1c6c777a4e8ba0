/** A log told by hand: who says what, at which log time. What comes of it is the fold's, never the test's. */
import type { Catalogue, Effect, Mode } from '../../src/core/catalogue.ts'
import type { Fact, Matched, Read, Rung } from '../../src/core/entry.ts'
import { evolve } from '../../src/core/evolve.ts'
import { judge, type Judgement } from '../../src/core/decide.ts'
import type { Plan, Take } from '../../src/core/plan.ts'
import type { Reason } from '../../src/core/reason.ts'
import { initialState, type State } from '../../src/core/state.ts'
import type { Workflow } from '../../src/core/workflow.ts'

export const alertBody = (alerts: readonly { labels: Record<string, string>; status?: string; startsAt?: string }[]) => ({
  version: '4', receiver: 'paramedic', status: 'firing', groupKey: '{}:{}', groupLabels: {}, commonLabels: {}, commonAnnotations: {},
  externalURL: 'http://am', truncatedAlerts: 0,
  alerts: alerts.map(({ labels, status = 'firing', startsAt = '2026-11-22T02:16:39Z' }) => ({
    status, labels, annotations: {}, startsAt, endsAt: '0001-01-01T00:00:00Z', generatorURL: '', fingerprint: '',
  })),
})

export class Story {
  readonly state: State
  /** What was said, as it would lie on a log. */
  readonly log: Read[] = []
  at: number
  private readonly numbers: Map<string, number>

  /** Told from the beginning, or on from what was folded before. */
  constructor(state: State = initialState()) {
    this.state = state
    this.at = Math.max(1_000_000, state.at)
    this.numbers = new Map([...state.processes].map(([id, { n }]) => [id, n]))
  }

  /** One entry, a millisecond after the last, from process A unless said otherwise. */
  says(fact: Fact, by = 'A'): this {
    const n = (this.numbers.get(by) ?? 0) + 1
    this.numbers.set(by, n)
    const read: Read = { position: this.state.position, at: (this.at += 1), entry: { ...fact, by, n } }
    this.log.push(read)
    evolve(this.state, read)
    return this
  }

  later(ms: number): this {
    this.at += ms
    return this
  }

  alert(labels: Record<string, string>, more: { status?: string; startsAt?: string } = {}): string {
    const before = new Set(this.state.episodes.keys())
    this.says({ kind: 'received', source: 'alertmanager', payload: alertBody([{ labels, ...more }]) })
    return [...this.state.episodes.keys()].find((id) => !before.has(id)) ?? [...this.state.episodes.keys()].at(-1)!
  }

  /** An alert, matched and planned: a workflow that awaits judgement. */
  workflow(options: { id?: string; target?: string; effects?: readonly Effect[]; mode?: Mode; each?: readonly string[]; by?: string; probe?: boolean; startsAt?: string; onError?: 'stop' | 'continue'; approvers?: readonly string[]; ladder?: readonly Rung[]; trust?: NonNullable<Rung['trust']>; canary?: number } = {}): Workflow {
    const { id = `wf-${this.state.workflows.size + 1}`, target = 'web', effects = ['repeatable', 'read'], mode = 'auto', each, by = 'A', startsAt, onError = 'stop' } = options
    const episode = this.alert({ alertname: 'HighLatency', service: target, id }, startsAt === undefined ? {} : { startsAt })
    const steps = effects.map((effect, index): Matched['steps'][number] => ({
      name: `step ${index + 1}`, effect, timeoutMs: 1000, each: each !== undefined, concurrency: each ? 2 : 1, onError, memoryMb: 64,
    }))
    this.says({
      kind: 'matched', episode, workflow: id, catalogue: 'c1', route: 'routes.yaml:1', runbook: { name: 'fix', version: 1, digest: 'd' },
      provider: 'local', targets: [target], params: {}, mode, steps, healedWithinMs: 60_000, probe: options.probe ?? false, ...(options.ladder ? { ladder: options.ladder } : {}),
      ...(options.approvers ? { approvers: options.approvers } : {}), ...(options.trust === undefined ? {} : { trust: options.trust }), ...(options.canary === undefined ? {} : { canary: options.canary }),
    }, by)
    this.says({ kind: 'planned', workflow: id, turn: 1, plan: plan(each ?? [target], this.at) }, by)
    return this.state.workflows.get(id)!
  }

  judge(workflow: Workflow, more: { catalogue?: Catalogue; canKill?: boolean; forceDryRun?: boolean; at?: number } = {}): Judgement {
    return judge({
      state: this.state, workflow, plan: workflow.plan!, catalogue: more.catalogue ?? allowing, at: more.at ?? this.at,
      canKill: more.canKill ?? true, forceDryRun: more.forceDryRun ?? false,
    })
  }

  /** Judged to start with these takes, whatever the policies say. */
  decideStart(workflow: Workflow, takes: readonly Take[] = [], by = 'A'): this {
    return this.says({
      kind: 'decided', workflow: workflow.id, turn: workflow.turn, outcome: 'start', detail: '', plan: workflow.plan!.digest, judgedAt: this.state.position,
      catalogue: 'c1', verdicts: [], takes,
    }, by)
  }

  claim(workflow: Workflow, step = 0, by = 'A', job = 0): string {
    const claim = `${by}:${workflow.id}:${step}:${job}:${this.at}`
    this.says({ kind: 'claimed', workflow: workflow.id, step, job, claim }, by)
    return claim
  }

  done(workflow: Workflow, step: number, claim: string, by = 'A', job = 0): this {
    return this.says({ kind: 'step done', workflow: workflow.id, step, job, claim, output: null, tookMs: 1 }, by)
  }

  fails(workflow: Workflow, step: number, claim: string, { job = 0, reason = 'step failed' as Reason } = {}): this {
    return this.says({ kind: 'step failed', workflow: workflow.id, step, job, claim, reason, detail: 'a test', tookMs: 1 })
  }

  stop(id: string, matchers: readonly string[] = [], effect: 'kill' | 'pause' = 'kill'): this {
    return this.says({ kind: 'stop pulled', stop: { id, matchers, effect, who: 'ann', why: 'test' } })
  }

  lift(id: string): this {
    return this.says({ kind: 'stop lifted', stop: id, who: 'ann', why: 'over' })
  }
}

export const plan = (targets: readonly string[], readAt: number): Plan => ({
  digest: `plan of ${targets.join()} at ${readAt}`,
  targets: targets.map((name) => ({ name, id: `id-${name}` })),
  changes: targets.map((name) => ({ target: name, id: `id-${name}`, from: 2, to: 3 })),
  observed: targets.map((name) => ({ name: 'size', target: name, value: 2, readAt })),
})

export const catalogueWith = (policies: Catalogue['policies'][string]): Catalogue => ({ digest: 'c1', routes: [], runbooks: {}, policies: { fix: policies } })

export const allowing = catalogueWith([{ type: 'targets', name: 'targets', settings: { names: ['web', 'api', 'db'] }, source: 'p.yaml:1' }])

export const seat = (story: Story, me = 'A') => ({ me, live: [me], now: story.at })
export const lost = (runner: string) => ({ kind: 'runner lost', runner, name: runner, why: 'test' }) as const

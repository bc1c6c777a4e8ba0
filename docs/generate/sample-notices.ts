/** One notice of every kind, as a log brings them about: for docs/messages.md, and for tests that look at every message. */
import type { Matched } from '../../src/core/entry.ts'
import type { Fact } from '../../src/core/entry.ts'
import { evolve } from '../../src/core/evolve.ts'
import { heartbeatOf, heartbeatsDue } from '../../src/core/heartbeats.ts'
import { initialState, type State } from '../../src/core/state.ts'
import type { NoticeView } from '../../src/notify/message.ts'
import { viewOf } from '../../src/notify/view.ts'

export interface Sample {
  /** When people see it. */
  readonly when: string
  readonly view: NoticeView
  /** As it was told, before this. */
  readonly again?: true
}

const minute = 60_000
const began = Date.parse('2026-11-22T02:16:00Z')

class Log {
  readonly state: State = initialState()
  at = began
  #n = 0
  readonly #runners = [{ id: 'runner-a', name: 'ops-1' }]

  says(...facts: readonly Fact[]): this {
    for (const fact of facts) evolve(this.state, { position: this.state.position, at: (this.at += 120), entry: { ...fact, by: 'runner-a', n: ++this.#n } })
    return this
  }

  later(ms: number): this {
    this.at += ms
    return this
  }

  alerts(labels: readonly Readonly<Record<string, string>>[], { status = 'firing', annotations = {} }: { status?: string; annotations?: Readonly<Record<string, string>> } = {}): this {
    const alerts = labels.map((one) => ({ status, labels: one, annotations, startsAt: '2026-11-22T02:16:39Z', endsAt: '', generatorURL: '', fingerprint: '' }))
    return this.says({ kind: 'received', source: 'alertmanager', payload: { version: '4', receiver: 'paramedic', status, groupKey: '{}', alerts } })
  }

  /** Nothing knows the alerts that wait for an answer. */
  unmatched(): this {
    return this.says({ kind: 'unmatched', episodes: [...this.state.unanswered.keys()], reason: 'no route', tell: true, route: '', detail: 'no route matches it' })
  }

  seen(key: (one: string) => boolean, printed = ''): NoticeView {
    const notice = [...this.state.notices.values()].findLast((one) => key(one.key))
    if (!notice) throw new Error('nobody is told of it')
    return viewOf({ state: this.state, now: this.at, runners: this.#runners, printed }, notice)
  }
}

const slow = { alertname: 'HighRequestLatency', severity: 'critical', service: 'web', cluster: 'eu-1' }
const slowAnnotations = { summary: 'web answers slower than its objective', runbook_url: 'https://runbooks.example.com/high-latency' }

interface Flow { readonly id: string; readonly mode?: Matched['mode']; readonly once?: true; readonly to?: number }

/** An alert that a route knows, matched and planned. */
const workflow = (log: Log, { id, mode = 'auto', once, to = 4 }: Flow): Log => {
  log.alerts([{ ...slow, run: id }], { annotations: slowAnnotations })
  const step = (name: string, effect: 'read' | 'repeatable' | 'once') => ({ name, effect, timeoutMs: minute, each: false, concurrency: 1, onError: 'stop' as const, memoryMb: 256 })
  return log.says(
    {
      kind: 'matched', episode: [...log.state.unanswered.keys()].at(-1)!, workflow: id, catalogue: 'c', route: 'runbooks/routes.yaml:4', runbook: { name: 'scale-service', version: 2, digest: 'd' },
      provider: 'local', targets: ['web'], params: { by: 1 }, mode, healedWithinMs: 10 * minute, probe: false,
      steps: [once ? step('move the leader', 'once') : step('set the size', 'repeatable'), step('replicas ready', 'read')],
    },
    { kind: 'planned', workflow: id, turn: 1, plan: { digest: `plan-${id}`, targets: [{ name: 'web', id: 'web' }], changes: [{ target: 'web', id: 'web', from: 3, to }], observed: [] } },
  )
}

const verdicts = [
  { policy: 'targets', verdict: 'allow', detail: 'web is one of web, api' }, { policy: 'rate', verdict: 'allow', detail: '2 of 6 an hour' },
] as const

const decide = (log: Log, id: string, outcome: 'start' | 'ask' | 'refuse', more: Partial<Extract<Fact, { kind: 'decided' }>> = {}): Log =>
  log.says({ kind: 'decided', workflow: id, turn: 2, outcome, detail: '', plan: `plan-${id}`, judgedAt: log.state.position, catalogue: 'c', verdicts, takes: [], ...more })

const claim = (log: Log, id: string, step = 0): Log => log.says({ kind: 'claimed', workflow: id, step, job: 0, claim: `${id}/${step}` })
const done = (log: Log, id: string, step: number): Log => log.says({ kind: 'step done', workflow: id, step, job: 0, claim: `${id}/${step}`, output: null, tookMs: 800 })

const started = (flow: Flow): Log => claim(decide(workflow(new Log(), flow), flow.id, 'start'), flow.id)
const worked = (flow: Flow): Log => done(claim(done(started(flow), flow.id, 0).later(20_000), flow.id, 1), flow.id, 1)

const ofWorkflow = (id: string) => (key: string): boolean => key === `workflow:${id}`
const ofStop = (key: string): boolean => key.startsWith('stop:')
const stopOrder = { id: '01980000-0000-7000-8000-00000000517a', matchers: [], effect: 'kill', who: 'ann (Slack T024BE7LD/U024BE7LH)', why: 'the new release looks wrong' } as const

const unknownSamples = (): Sample[] => {
  const disk = (n: number) => ({ alertname: 'DiskWillFill', severity: 'warning', instance: `db-${n}:9100`, mountpoint: '/var', cluster: 'eu-1' })
  const annotations = { summary: 'The disk fills within four hours', description: 'At its present pace /var is full at 06:10 UTC.', runbook_url: 'https://runbooks.example.com/disk-will-fill?for=db&team=storage' }
  const group = (): Log => new Log().alerts([1, 2, 3].map(disk), { annotations }).unmatched()
  return [
    { when: 'An alert that no route knows. A group of them is one message.', view: group().seen(() => true) },
    { when: 'Nobody took it for a quarter of an hour.', view: group().later(15 * minute).seen(() => true), again: true },
    { when: 'It is over; its message is brought up to date.', view: group().later(5 * minute).alerts([1, 2, 3].map(disk), { status: 'resolved' }).seen(() => true) },
    { when: 'Alerts that cannot be used.', view: new Log().says({ kind: 'received', source: 'alertmanager', payload: { alerts: [] }, problems: [{ index: 2, field: 'startsAt', problem: 'must be a time as text (RFC 3339)' }] }).seen(() => true) },
  ]
}

const workflowSamples = (): Sample[] => {
  const id = (last: string): string => `01980000-0000-7000-8000-0000000${last}`
  const [running, healed, asking, refused, failed, doubt, unproven, unplanned] = ['0a11ce', '0bea1e', '0a5ced', '0ef5ed', '0fa11d', '0d0b75', '0b0f0e', '0a0b1a'].map((one) => id(one.slice(1))) as [string, string, string, string, string, string, string, string]
  return [
    { when: 'A workflow that may start by itself changes something: one line.', view: started({ id: running }).seen(ofWorkflow(running)) },
    { when: 'The same message at its end.', view: worked({ id: healed }).later(90_000).says({ kind: 'ended', workflow: healed, turn: 5, state: 'healed', reason: 'alert gone', detail: 'the alert is gone' }).seen(ofWorkflow(healed)) },
    { when: 'It may only start when somebody approves.', view: decide(workflow(new Log(), { id: asking, mode: 'approve' }), asking, 'ask', { reason: 'approval', detail: 'the route asks a person' }).seen(ofWorkflow(asking)) },
    {
      when: 'A limit refused it.',
      view: decide(workflow(new Log(), { id: refused, to: 9 }), refused, 'refuse', { reason: 'rate', detail: '6 of 6 an hour', verdicts: [verdicts[0], { policy: 'rate', verdict: 'refuse', detail: '6 of 6 an hour', until: began + 31 * minute }] }).seen(ofWorkflow(refused)),
    },
    { when: 'A step failed.', view: started({ id: failed }).later(4000).says({ kind: 'step failed', workflow: failed, step: 0, job: 0, claim: `${failed}/0`, reason: 'step failed', detail: 'the service web is not there', tookMs: 4000 }).seen(ofWorkflow(failed), '$ shopctl size web 4\nno service named web\n') },
    { when: 'Nothing of it ran.', view: workflow(new Log(), { id: unplanned }).says({ kind: 'ended', workflow: unplanned, turn: 2, state: 'failed', reason: 'plan failed', detail: 'there is no "web"; known: api, db' }).seen(ofWorkflow(unplanned)) },
    { when: 'Its runner died in a step that may be done only once.', view: started({ id: doubt, once: true }).later(45_000).says({ kind: 'runner lost', runner: 'runner-a', name: 'ops-1', why: 'silent for 45 s' }).seen(ofWorkflow(doubt)) },
    { when: 'Everything was done, and the alert is still there.', view: worked({ id: unproven }).later(10 * minute).says({ kind: 'ended', workflow: unproven, turn: 5, state: 'unproven', reason: 'not healed in time', detail: 'the alert is still there after 10m' }).seen(ofWorkflow(unproven)) },
  ]
}

const stopSamples = (): Sample[] => {
  const flow = '01980000-0000-7000-8000-00000000f10e'
  const stopped = (): Log => started({ id: flow }).says({ kind: 'stop pulled', stop: stopOrder })
  const proved = (): Log => stopped().says(
    { kind: 'let go', workflow: flow, claim: `${flow}/0`, how: 'killed', survivors: 0, tookMs: 61 },
    { kind: 'stop acknowledged', stop: stopOrder.id, runner: 'runner-a', name: 'ops-1', killed: 1, survivors: 0, tookMs: 84 },
  )
  return [
    { when: 'Somebody stopped everything, and each runner proved it.', view: proved().seen(ofStop) },
    { when: 'What it killed says what is left behind.', view: proved().seen(ofWorkflow(flow)) },
    { when: 'A runner did not answer.', view: stopped().later(12_000).seen(ofStop) },
    { when: 'A new log starts stopped.', view: new Log().says({ kind: 'stop pulled', stop: { ...stopOrder, who: 'paramedic', why: 'new log' } }).seen(ofStop) },
    { when: 'The stop is lifted.', view: proved().later(7 * minute).says({ kind: 'stop lifted', stop: stopOrder.id, who: 'bob (Slack T024BE7LD/U0BOB)', why: 'rolled back' }).seen(ofStop) },
    { when: 'What the stop killed is put before people once it is lifted.', view: proved().later(7 * minute).says({ kind: 'stop lifted', stop: stopOrder.id, who: 'bob', why: 'rolled back' }).seen(ofWorkflow(flow)) },
  ]
}

const otherSamples = (): Sample[] => {
  const watchdog = { alertname: 'Watchdog', severity: 'none' }
  const route = { matchers: ['alertname="Watchdog"'], mode: 'off', params: {}, heartbeatMs: 5 * minute, source: 'runbooks/routes.yaml:17' } as const
  const awaiting = (): Log => new Log().says(
    { kind: 'catalogue announced', catalogue: { digest: 'c', routes: [route], runbooks: {}, policies: {} } }, { kind: 'catalogue activated', digest: 'c', was: '' },
  )
  const beating = (): Log => {
    const log = awaiting().alerts([watchdog])
    return log.says(heartbeatOf([...log.state.unanswered.keys()][0]!, route.source, route.heartbeatMs))
  }
  const missed = (log: Log): Log => {
    log.later(5 * minute + 1)
    return log.says(...heartbeatsDue(log.state, { me: 'runner-a', live: [], now: log.at }, 0))
  }
  const inForce = '4f0c2d19a6b3'.padEnd(64, '0')
  const refused = (): Log => new Log().says(
    { kind: 'fold version', version: 2 }, { kind: 'catalogue announced', catalogue: { digest: inForce, routes: [], runbooks: {}, policies: {} } }, { kind: 'catalogue activated', digest: inForce, was: '' },
    { kind: 'catalogue refused', problems: ["runbooks/routes.yaml:12: scale-servce@2 is no runbook: did you mean scale-service?", 'policies/scale-service.yaml:4: limits[1].max must be at least 1'] },
  )
  const [byHand, handFlow] = ['01980000-0000-7000-8000-000000001234', '01980000-0000-7000-8000-00000000a4d0'] as const
  const changedByHand = (): Log => claim(decide(workflow(new Log().says({ kind: 'fold version', version: 2 }), { id: handFlow }), handFlow, 'start'), handFlow).says(
    { kind: 'step done', workflow: handFlow, step: 0, job: 0, claim: `${handFlow}/0`, output: null, tookMs: 800, left: [{ target: 'web', id: 'web', version: '7', replicas: 4 }] },
    { kind: 'changed by hand', suspension: byHand, provider: 'local', target: 'web', id: 'web', was: '7', version: '8', replicas: 2 },
  )
  const earningFlow = (n: number): string => `01980000-0000-7000-8000-00000000ea${n}0`
  const earning = (log: Log, n: number): Log => log.alerts([{ ...slow, run: `${n}` }]).says({
    kind: 'matched', episode: [...log.state.unanswered.keys()].at(-1)!, workflow: earningFlow(n), catalogue: 'c', route: 'runbooks/routes.yaml:4', runbook: { name: 'scale-service', version: 2, digest: 'd' },
    provider: 'local', targets: ['web'], params: {}, mode: 'auto', healedWithinMs: minute, probe: false, steps: [], trust: { heals: 2, inMs: 30 * 24 * 60 * minute },
  })
  const earned = (): Log => [1, 2].reduce((log, n) => earning(log, n).says({ kind: 'ended', workflow: earningFlow(n), turn: 1, state: 'healed', reason: 'alert gone', detail: 'the alert is gone' }), new Log().says({ kind: 'fold version', version: 2 }))
  const promoted = (): Log => earning(earned().says({ kind: 'promoted', runbook: 'scale-service@2', who: 'ann', why: 'looked at each', heals: 2, inMs: 30 * 24 * 60 * minute }), 3)
  const lostFlow = '01980000-0000-7000-8000-00000000105e'
  return [
    { when: 'The catalogue has problems.', view: refused().seen(() => true) },
    { when: 'They are put right: what was in force is as it was, or another one is.', view: refused().later(minute).says({ kind: 'catalogue activated', digest: inForce, was: inForce }).seen(() => true) },
    { when: 'A version healed as often as its route asks.', view: earned().seen((key) => key.startsWith('trust')) },
    { when: 'A person promotes it.', view: promoted().seen((key) => key.startsWith('trust')) },
    { when: 'It fails, and asks again from then on.', view: promoted().says({ kind: 'ended', workflow: earningFlow(3), turn: 1, state: 'failed', reason: 'step failed', detail: 'the service web is not there' }, { kind: 'demoted', runbook: 'scale-service@2', workflow: earningFlow(3), was: 'promoted', heals: 2, failures: 1 }).seen((key) => key.startsWith('trust')) },
    { when: 'Somebody changed by hand what a workflow had changed.', view: changedByHand().seen((key) => key.startsWith('suspended')) },
    { when: 'It may be touched again.', view: changedByHand().later(minute).says({ kind: 'resumed', suspension: byHand, who: 'ann', why: 'the load test is over' }).seen((key) => key.startsWith('suspended')) },
    { when: 'A runner is lost with work in its hands.', view: started({ id: lostFlow }).says({ kind: 'runner lost', runner: 'runner-a', name: 'ops-1', why: 'silent for 45 s' }).seen((key) => key.startsWith('runner:')) },
    { when: 'The alert that always fires stays away.', view: missed(beating()).seen((key) => key.startsWith('heartbeat')) },
    { when: 'It has never come since it is waited for.', view: missed(awaiting()).seen((key) => key.startsWith('heartbeat')) },
    { when: 'It is back.', view: missed(beating()).later(minute).alerts([watchdog]).seen((key) => key.startsWith('heartbeat')) },
    { when: 'It comes so seldom that one lost is an alarm.', view: beating().later(4 * minute).alerts([watchdog]).later(4 * minute).alerts([watchdog]).seen((key) => key.startsWith('heartbeat')) },
  ]
}

export const sampleNotices = (): readonly Sample[] => [...unknownSamples(), ...workflowSamples(), ...stopSamples(), ...otherSamples()]

/** A log told by hand on which there is one of everything that a state can hold. */
import { targetTake } from '../../src/core/decide.ts'
import type { Take } from '../../src/core/plan.ts'
import { allowing, Story } from './story.ts'

const takes: readonly Take[] = [
  targetTake('local', 'id-web'),
  { key: 'rate:all', max: 3, window: { ms: 60_000 }, policy: 'rate', otherwise: 'wait' },
]

/** One of everything that a state can hold. */
export const eventful = (): Story => {
  const story = new Story().says({ kind: 'fold version', version: 2 })
  story.says({ kind: 'catalogue announced', catalogue: allowing }).says({ kind: 'catalogue activated', digest: allowing.digest, was: '' })
  story.says({ kind: 'catalogue part', announcement: 'a1', digest: 'large', part: 0, of: 2, routes: [], runbooks: {}, policies: {} })
  const running = story.workflow({ id: 'running', target: 'web' })
  story.decideStart(running, takes).claim(running)
  const waiting = story.workflow({ id: 'waiting', target: 'web' })
  story.says({ kind: 'decided', ...story.judge(waiting) })
  story.workflow({ id: 'planned', target: 'api' })
  const episode = story.alert({ alertname: 'Novel', ['__proto__']: 'x', hostile: '\u0000<!channel>' })
  story.says({ kind: 'unmatched', episodes: [episode], reason: 'no route', detail: 'no route knows it', tell: true, route: '' })
  story.says({ kind: 'message sent', notice: [...story.state.notices.keys()].at(-1)!, revision: 1, channel: 'C1', ts: '1.2', rang: true })
  const watchdog = story.alert({ alertname: 'Watchdog' })
  story.says({ kind: 'unmatched', episodes: [watchdog], reason: 'heartbeat', detail: '', tell: false, route: 'routes.yaml:3', heartbeatMs: 300_000 })
  story.says({ kind: 'stop pulled', stop: { id: 's1', matchers: ['target="api"'], effect: 'pause', who: 'ann', why: 'deploy' } })
  story.says({ kind: 'stop pulled', stop: { id: 's2', matchers: ['runbook=~"re.*"'], effect: 'kill', who: 'bob', why: '' } })
  story.says({ kind: 'stop lifted', stop: 's2', who: 'bob', why: 'fixed' }).says({ kind: 'stop lifted', stop: 'not yet here', who: 'bob', why: '' })
  story.alert({ alertname: 'Early' }, { status: 'resolved' })
  story.says({ kind: 'runner lost', runner: 'gone', name: 'host-9', why: 'no tick' }, 'B')
  story.alert({ alertname: 'Not answered yet' })
  story.says({
    kind: 'submitted', workflow: 'asked for', catalogue: 'c1', runbook: { name: 'fix', version: 1, digest: 'd' }, provider: 'local', targets: ['db'], params: { by: 1 }, mode: 'auto', steps: [],
    healedWithinMs: 1, probe: false, labels: [['a', 'b']], who: 'ann', why: 'because', key: 'ann\nk', body: 'b',
  })
  for (const drill of ['stop', 'duplicates'] as const) story.says({ kind: 'drilled', drill, ok: true, detail: 'well', who: 'ann', tookMs: 5, survivors: 0 })
  for (const edge of ['slack', 'kubernetes/change']) story.says({ kind: 'switched', edge, mode: 'off', who: 'ann', why: 'upgrade' })
  for (const state of ['healed', 'failed'] as const) {
    const { id, turn } = story.workflow({ id: `earns ${state}`, trust: { heals: 1, inMs: 1000 } })
    story.says({ kind: 'ended', workflow: id, turn, state, reason: 'done', detail: '' }).says({ kind: 'promoted', runbook: 'fix@1', who: 'ann', why: '', heals: 1, inMs: 1000 })
  }
  for (const n of [1, 2]) {
    const rung = { runbook: { name: 'mend', version: 1, digest: 'e' }, provider: 'local', targets: [`s-${n}`], params: {}, steps: [], healedWithinMs: 1, probe: false }
    const failed = story.workflow({ id: `failed ${n}`, target: `s-${n}`, effects: ['repeatable'], ladder: [rung, rung] })
    story.fails(failed, 0, story.decideStart(failed).claim(failed))
    const target = `db-${n}`
    const done = story.workflow({ id: `done ${n}`, target, effects: ['repeatable', 'read'] })
    const left = { target, id: `id-${target}`, version: '2', replicas: 3 }
    story.says({ kind: 'step done', workflow: done.id, step: 0, job: 0, claim: story.decideStart(done).claim(done), output: null, tookMs: 1, left: [left, { ...left, id: `other-${n}` }] })
    story.says({ kind: 'changed by hand', suspension: `by hand ${n}`, provider: 'local', ...left, was: '2', version: '3', replicas: 2 })
  }
  story.says({ kind: 'snapshot made', position: 3, digest: 'd' })
  return story
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Catalogue, Route } from '../../src/core/catalogue.ts'
import { heartbeatOf, heartbeatsDue, heartbeatsMoved, isMissed } from '../../src/core/heartbeats.ts'
import { compileRoutes } from '../../src/core/routing.ts'
import { Story } from './story.ts'

const minute = 60_000

const route = (line: number, heartbeatMs = 5 * minute, ...more: readonly string[]): Route =>
  ({ matchers: ['alertname="Watchdog"', ...more], mode: 'off', params: {}, heartbeatMs, source: `routes.yaml:${line}` })

/** A server with the catalogue in force, which does at each turn what a decider does. */
class Watch extends Story {
  routes: readonly Route[] = []
  upSince = 0

  inForce(digest: string, ...routes: readonly Route[]): this {
    const catalogue: Catalogue = { digest, routes, runbooks: {}, policies: {} }
    this.routes = routes
    return this.says({ kind: 'catalogue announced', catalogue }).says({ kind: 'catalogue activated', digest, was: this.state.catalogue?.digest ?? '' })
  }

  beat(): this {
    this.alert({ alertname: 'Watchdog' })
    for (const { id, labels } of [...this.state.unanswered.values()]) {
      const { source, heartbeatMs } = compileRoutes(this.routes).route(labels)!.route
      this.says(heartbeatOf(id, source, heartbeatMs!))
    }
    return this
  }

  /** Who is told of at this turn. */
  turn(): string[] {
    for (const moved of heartbeatsMoved(this.state, compileRoutes(this.routes))) this.says(moved)
    const due = heartbeatsDue(this.state, { me: 'A', live: ['A'], now: this.at }, this.upSince)
    for (const missed of due) this.says(missed)
    return due.map(({ route, neverInMs }) => `${route}${neverInMs === undefined ? '' : ' never'}`)
  }

  told(): string[] {
    return [...this.state.notices.values()].flatMap(({ about, urgency }) => (about.kind === 'heartbeat' ? [`${urgency} ${about.missing ? about.never ? 'never' : 'missing' : 'seldom'}`] : []))
  }
}

describe('a heartbeat', () => {
  it('that came and stays away is told of, once', () => {
    const watch = new Watch().inForce('c1', route(1)).beat().later(4 * minute)
    assert.deepEqual(watch.turn(), [])
    assert.deepEqual(watch.later(2 * minute).turn(), ['routes.yaml:1'])
    assert.deepEqual([watch.later(20 * minute).turn(), watch.told()], [[], ['page missing']])
    watch.beat()
    assert.equal(isMissed(watch.state, 'routes.yaml:1'), false)
  })

  it('that never came is told of, counted from when its route came into force', () => {
    const watch = new Watch().later(60 * minute).inForce('c1', route(1)).later(4 * minute)
    assert.deepEqual(watch.turn(), [])
    assert.deepEqual(watch.later(2 * minute).turn(), ['routes.yaml:1 never'])
    assert.deepEqual([watch.later(20 * minute).turn(), watch.told()], [[], ['page never']])
    assert.equal(isMissed(watch.state, 'routes.yaml:1'), true)
    const [notice] = watch.state.notices.values()
    const before = notice!.revision
    watch.beat()
    assert.deepEqual([isMissed(watch.state, 'routes.yaml:1'), notice!.revision], [false, before + 1], 'it came at last, and its message says so')
    assert.deepEqual(watch.later(6 * minute).turn(), ['routes.yaml:1'], 'and is missed like any other')
  })

  it('is waited for from the start of a server that was away, not from the last that it took', () => {
    const watch = new Watch().inForce('c1', route(1)).beat().later(60 * minute)
    watch.upSince = watch.at
    assert.deepEqual(watch.turn(), [])
    assert.deepEqual(watch.later(6 * minute).turn(), ['routes.yaml:1'])
  })

  it('goes on under the line where its route stands now, with the time that it is given there', () => {
    const watch = new Watch().inForce('c1', route(1)).beat().later(minute).inForce('c2', route(7, 15 * minute))
    assert.deepEqual(watch.turn(), [])
    for (let i = 0; i < 3; i++) assert.deepEqual(watch.later(7 * minute).beat().turn(), [])
    assert.deepEqual(watch.told(), [], 'every 7 minutes is often enough for 15, and the old line is forgotten')
    assert.deepEqual(watch.later(16 * minute).turn(), ['routes.yaml:7'])
  })

  it('that no route waits for any more is missed by nobody', () => {
    const watch = new Watch().inForce('c1', route(1)).beat().inForce('c2', { ...route(1), matchers: ['alertname="Other"'], source: 'routes.yaml:2' }).later(6 * minute)
    assert.deepEqual(watch.turn(), ['routes.yaml:2 never'])
  })

  it('that comes with more than half of its time between two is a warning, from the second in a row on', () => {
    const watch = new Watch().inForce('c1', route(1)).beat().later(3 * minute).beat()
    assert.deepEqual(watch.told(), [])
    assert.deepEqual(watch.later(3 * minute).beat().told(), ['info seldom'])
    assert.deepEqual(watch.later(3 * minute).beat().told(), ['info seldom'])
  })
})

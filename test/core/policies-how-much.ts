/** How much at once, and how often. */
import type { Json } from '../../src/core/plan.ts'
import { ended, fact, held, hour, labelled, latched, now, plan, resize, restart, start, values, type Row } from './policies-judged.ts'

const minute = 60_000
const fleet = (healthy: number, sick: number, labels: Record<string, string> = {}): Json =>
  Array.from({ length: healthy + sick }, (_, index) => ({ name: `n${index}`, id: `id-n${index}`, healthy: index < healthy, labels }))
const withFleet = (healthy: number, sick: number) => ({ plan: { ...plan('n0'), observed: [fact('fleet', fleet(healthy, sick))] } })
const batch = { window: { ms: 60_000, from: 'last end' } } as const
const end = { window: { ms: 30_000, from: 'end' } } as const

export const howMuch: Record<string, readonly Row[]> = {
  caps: [
    { settings: { max: 2, by: 'label:region' }, of: { plan: labelled({ r1: { region: 'eu' } }), starts: { 'caps:caps:label:region=eu': [held('a', { amount: 2 })] } }, expected: 'wait caps: 2 of 2 at once for region="eu"', keys: ['caps:caps:label:region=eu'], why: 'two routers of a region, whichever runbook touches them' },
    { settings: { max: 2, by: 'label:region' }, of: { plan: labelled({ r1: { region: 'us' } }), starts: { 'caps:caps:label:region=eu': [held('a', { amount: 2 })] } }, expected: 'allow: 0 of 2 at once for region="us"', why: 'another region' },
    { settings: { max: 2 }, of: { plan: plan('a', 'b', 'c') }, expected: 'refuse caps: 3 at once, and at most 2 fit: 0 of 2 at once for all runbooks, and 3 more are asked for', why: 'an empty filter once meant every machine: more than the cap is refused whole, not kept waiting' },
    { settings: { max: 4, of: 'replicas', per: '1h' }, of: { plan: resize({ web: [2, 5] }), starts: { 'caps:caps:all': [start(10 * minute), start(5 * minute)] } }, expected: 'wait caps: 2 of 4 in 1h for all runbooks, and 3 more are asked for', until: now + 50 * minute, why: 'the sum of what changes, not the number of changes' },
    { settings: { max: 1, by: 'target' }, of: { plan: plan('a', 'b') }, expected: 'allow: 0 of 1 at once for a', keys: ['caps:caps:target=id-a', 'caps:caps:target=id-b'], why: 'each target for itself' },
    { settings: { max: 1, of: 'replicas' }, of: { plan: restart('web', { replicas: 2, ready: 2 }) }, expected: 'refuse caps: the plan changes something that is not a size, so nothing can be said of it', why: 'no number of replicas' },
  ],
  'healthy-floor': [
    { settings: { min: 2 }, of: { plan: restart('web', { replicas: 4, ready: 3 }) }, expected: 'allow: 3 of 4 of web ready, 1 to go away, floor 2', keys: ['healthy-floor:healthy-floor:target=id-web'], why: 'one may go' },
    { settings: { min: 2 }, of: { plan: restart('web', { replicas: 4, ready: 2 }) }, expected: 'refuse healthy-floor: 2 of 4 of web ready, 1 to go away, floor 2', why: 'at the floor the whole round is skipped' },
    { settings: { min: 1, percent: 80 }, of: { plan: restart('web', { replicas: 10, ready: 8 }) }, expected: 'refuse healthy-floor: 8 of 10 of web ready, 1 to go away, floor 8', why: 'the percentage is more' },
    { settings: { min: 1, percent: 80 }, of: { plan: restart('web', { replicas: 2, ready: 2 }) }, expected: 'allow: 2 of 2 of web ready, 1 to go away, floor 1', why: 'a percentage alone strands small pools for hours' },
    { settings: { min: 1 }, of: { plan: restart('web', { replicas: 1, ready: 1 }) }, expected: 'refuse healthy-floor: 1 of 1 of web ready, 1 to go away, floor 1', why: 'the only one' },
    { settings: { min: 2 }, of: { plan: resize({ web: [2, 3] }, { ready: 0 }) }, expected: 'allow: it takes nothing away', why: 'adding helps the sick' },
    { settings: { min: 2 }, of: { plan: resize({ web: [5, 2] }, { ready: 4 }) }, expected: 'refuse healthy-floor: 4 of 5 of web ready, 3 to go away, floor 2', why: 'taking away three of four' },
    { settings: { min: 3, of: 'targets' }, of: withFleet(4, 1), expected: 'allow: 1 of 5 of all targets unhealthy or under repair, 1 asked for, floor 3', why: 'four of five, three must stay' },
    { settings: { min: 3, of: 'targets' }, of: withFleet(3, 2), expected: 'refuse healthy-floor: 2 of 5 of all targets unhealthy or under repair, 1 asked for, floor 3', why: 'fewer healthy than the floor' },
    { settings: { min: 3, of: 'targets' }, of: { ...withFleet(4, 1), starts: { 'healthy-floor:healthy-floor:all': [held('a', { values: ['id-n1'], ...end })] } }, expected: 'refuse healthy-floor: 2 of 5 of all targets unhealthy or under repair, 1 asked for, floor 3', why: 'what is under repair does not count as healthy' },
    { settings: { min: 3, of: 'targets' }, of: { ...withFleet(4, 1), starts: { 'healthy-floor:healthy-floor:all': [held('a', { values: ['id-n4'], ...end })] } }, expected: 'allow: 1 of 5 of all targets unhealthy or under repair, 1 asked for, floor 3', why: 'sick and under repair is one, not two' },
    { settings: { min: 3, of: 'targets' }, of: { ...withFleet(4, 1), starts: { 'healthy-floor:healthy-floor:all': [ended(29_000, 'healed', { values: ['id-n1'], ...end })] } }, expected: 'refuse healthy-floor: 2 of 5 of all targets unhealthy or under repair, 1 asked for, floor 3', until: now + 1000, why: 'what was repaired a moment ago may not be back yet' },
    { settings: { min: 1, of: 'targets' }, expected: 'refuse fact missing: fleet could not be read', why: 'a provider that cannot say' },
  ],
  'mass-failure': [
    { settings: { max: 3, in: '10m' }, of: { starts: { 'asked:all': [values(minute, 'a', 'b', 'c')] } }, expected: 'allow: 3 targets asked for help in 10m, at most 3', keys: ['asked:all'], why: 'three of three' },
    { settings: { max: 3, in: '10m' }, of: { starts: { 'asked:all': [values(minute, 'a', 'b', 'c', 'd')] } }, expected: 'refuse mass-failure: 4 targets asked for help in 10m, at most 3', until: now + 9 * minute, why: 'when every zone is down it is the observer: evictions stop' },
    { settings: { max: 3, in: '10m' }, of: { starts: { 'asked:all': [values(minute, 'a', 'b'), values(30_000, 'a', 'b')] } }, expected: 'allow: 2 targets asked for help in 10m, at most 3', why: 'one that asks often is one' },
    { settings: { max: 1, in: '10m', by: 'runbook' }, of: { starts: { 'asked:all': [values(minute, 'a', 'b', 'c')], 'asked:runbook=scale-service': [values(minute, 'a')] } }, expected: 'allow: 1 targets asked for help in 10m, at most 1', why: 'each runbook for itself' },
  ],
  storm: [
    { settings: { for: '15m' }, expected: 'allow: no storm for 15m', keys: ['storm'], why: 'calm' },
    { settings: { for: '15m' }, of: { starts: { storm: [values(5 * minute, 'storm')] } }, expected: 'wait storm: a storm less than 15m ago', until: now + 10 * minute, keys: ['storm'], why: 'after the floor recovers, wait' },
    { settings: { for: '15m' }, of: { starts: { storm: [values(14 * minute, 'storm'), values(minute, 'storm')] } }, expected: 'wait storm: a storm less than 15m ago', until: now + 14 * minute, why: 'a new storm restarts the wait' },
  ],
  breaker: [
    { settings: { max: 2, in: '1h' }, of: { starts: { 'breaker:breaker': [values(minute, 'id-a')] } }, expected: 'allow: 1 of 2 targets in 1h', keys: ['breaker:breaker', 'breaker:breaker'], why: 'one more fits' },
    { settings: { max: 2, in: '1h' }, of: { starts: { 'breaker:breaker': [values(minute, 'id-a', 'id-web')] } }, expected: 'allow: 2 of 2 targets in 1h', why: 'the same target again is no further one' },
    { settings: { max: 2, in: '1h' }, of: { starts: { 'breaker:breaker': [values(minute, 'id-a', 'id-b')] } }, expected: 'refuse breaker: 2 of 2 targets in 1h; breaker trips, until a person closes it: paramedic breaker close "breaker"', why: 'the third different one trips it' },
    { settings: { max: 2, in: '1h' }, of: { starts: { 'breaker:breaker': [latched] } }, expected: 'refuse breaker: breaker tripped, until a person closes it: paramedic breaker close "breaker"', why: 'and time does not close it' },
    { settings: { max: 2, in: '1h', exempt: 'up' }, of: { plan: resize({ web: [2, 3] }), starts: { 'breaker:breaker': [latched] } }, expected: 'allow: only up, which is exempt', why: 'the safe reversal goes on: nodes must come back' },
    { settings: { max: 2, in: '1h', exempt: 'up' }, of: { plan: resize({ web: [3, 2] }), starts: { 'breaker:breaker': [latched] } }, expected: 'refuse breaker: breaker tripped, until a person closes it: paramedic breaker close "breaker"', why: 'the other direction does not' },
  ],
  'slow-down': [
    { settings: { max: 1, per: '10m' }, of: { plan: resize({ web: [4, 3] }), starts: { 'slow-down:slow-down:target=id-web': [start(minute)] } }, expected: 'wait slow-down: 1 of 1 in 10m for web down', until: now + 9 * minute, why: 'an autoscaler removed its servers in 16 seconds' },
    { settings: { max: 1, per: '10m' }, of: { plan: resize({ web: [9, 0] }) }, expected: 'refuse slow-down: 9 at once, and at most 1 fit: 0 of 1 in 10m for web down, and 9 more are asked for', why: 'nor at once' },
    { settings: { max: 1, per: '10m' }, of: { plan: resize({ web: [4, 9] }), starts: { 'slow-down:slow-down:target=id-web': [start(minute)] } }, expected: 'allow: nothing goes down', why: 'adding is not slowed' },
    { settings: { max: 1, per: '10m', direction: 'up' }, of: { plan: resize({ web: [4, 5] }), starts: { 'slow-down:slow-down:target=id-web': [start(minute)] } }, expected: 'wait slow-down: 1 of 1 in 10m for web up', until: now + 9 * minute, why: 'where up is the dangerous one' },
  ],
  ramp: [
    { settings: {}, expected: 'allow: 0 of 1 at once, 0 proved in 1h', why: 'one first' },
    { settings: {}, of: { starts: { 'ramp:at-once:ramp:runbook=scale-service@1': [held('a', { values: ['id-x'] })] } }, expected: 'wait ramp: 1 of 1 at once, 0 proved in 1h', why: 'until it is proved' },
    {
      settings: {}, of: { starts: {
        'ramp:proofs:ramp:runbook=scale-service@1': [ended(minute, 'healed')], 'ramp:at-once:ramp:runbook=scale-service@1': [held('a', { values: ['id-x'] })],
      } }, expected: 'allow: 1 of 2 at once, 1 proved in 1h', why: 'then two',
    },
    {
      settings: {}, of: { starts: {
        'ramp:proofs:ramp:runbook=scale-service@1': [ended(minute, 'healed', { amount: 3 })], 'ramp:at-once:ramp:runbook=scale-service@1': [held('a', { values: ['x', 'y', 'z'] })],
      } }, expected: 'allow: 3 of 4 at once, 3 proved in 1h', why: 'then four',
    },
    { settings: {}, of: { plan: plan('a', 'b') }, expected: 'refuse ramp: 2 at once, and at most 1 fit: 0 of 1 at once, 0 proved in 1h', why: 'not two to begin with' },
    { settings: {}, of: { starts: { 'ramp:faults:ramp:runbook=scale-service@1': [ended(minute, 'unproven')] } }, expected: 'refuse ramp: 1 not proved in 1h: a person looks first', why: 'unknown is not success' },
  ],
  'error-budget': [
    { settings: { max: 2, in: '1h' }, of: { starts: { 'error-budget:error-budget:runbook=scale-service': [ended(minute, 'failed')] } }, expected: 'allow: 1 of 2 in 1h for runbook scale-service', why: 'one may fail yet' },
    { settings: { max: 2, in: '1h' }, of: { starts: { 'error-budget:error-budget:runbook=scale-service': [ended(10 * minute, 'failed'), ended(minute, 'unproven')] } }, expected: 'refuse error-budget: 2 of 2 in 1h for runbook scale-service', until: now + 50 * minute, why: 'at the second failure it stops' },
    { settings: { max: 2, in: '1h' }, of: { starts: { 'error-budget:error-budget:runbook=scale-service': [ended(minute, 'failed'), held('a', { window: { ms: hour, from: 'end' } })] } }, expected: 'wait error-budget: 2 of 2 in 1h for runbook scale-service', until: now + 59 * minute, why: 'what runs may yet fail: exact at any concurrency' },
    { settings: { max: 1, in: '1h' }, of: { starts: { 'error-budget:error-budget:runbook=scale-service': [ended(minute, 'healed', { ends: ['failed'] })] } }, expected: 'allow: 0 of 1 in 1h for runbook scale-service', why: 'a success costs nothing' },
  ],
  opposite: [
    { settings: { for: '30m' }, of: { plan: resize({ web: [3, 2] }), starts: { 'opposite:opposite:target=id-web:up': [ended(minute, 'healed')] } }, expected: 'wait opposite: 1 up of web in 30m', until: now + 29 * minute, keys: ['opposite:opposite:target=id-web:up'], why: 'alerts that alternate must not saw' },
    { settings: { for: '30m' }, of: { plan: resize({ web: [3, 4] }), starts: { 'opposite:opposite:target=id-web:up': [ended(minute, 'healed')] } }, expected: 'allow: 1 up of web in 30m', why: 'the same way again' },
    { settings: { for: '30m' }, of: { plan: resize({ api: [3, 2] }), starts: { 'opposite:opposite:target=id-web:up': [ended(minute, 'healed')] } }, expected: 'allow: 0 up of api in 30m', why: 'another target' },
  ],
  'pause-after': [
    { settings: { count: 5, for: '1m' }, expected: 'allow: 0 of 5 in 1m for runbook scale-service', keys: ['pause-after:pause-after:runbook=scale-service'], why: 'the first' },
    {
      settings: { count: 2, for: '1m' }, of: { starts: { 'pause-after:pause-after:runbook=scale-service': [ended(50_000, 'completed', batch), ended(10_000, 'completed', batch)] } },
      expected: 'wait pause-after: 2 of 2 in 1m for runbook scale-service', until: now + 50_000, why: 'the pause began when the first one ended, once: here with the end of the last',
    },
    { settings: { count: 2, for: '1m' }, of: { starts: { 'pause-after:pause-after:runbook=scale-service': [ended(50_000, 'completed', batch), held('b', batch)] } }, expected: 'wait pause-after: 2 of 2 in 1m for runbook scale-service', why: 'while one of them runs nobody knows when' },
    { settings: { count: 2, for: '1m' }, of: { starts: { 'pause-after:pause-after:runbook=scale-service': [ended(70_000, 'completed', batch), ended(60_000, 'completed', batch)] } }, expected: 'allow: 0 of 2 in 1m for runbook scale-service', why: 'over' },
  ],
}

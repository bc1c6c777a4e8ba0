/** What may be touched, by what, and who says so: a row for each accident behind a rule. */
import { fact, held, labelled, now, plan, resize, restart, type Row } from './policies-judged.ts'
import type { StepManifest } from '../../src/core/catalogue.ts'

const step = (name: string, more: Partial<StepManifest> = {}): StepManifest =>
  ({ name, effect: 'repeatable', timeoutMs: 1000, each: false, concurrency: 1, onError: 'stop', memoryMb: 64, ...more })
const minute = 60_000
/** A plan with what somebody who ran it wrote down. */
const ran = (said: Record<string, string | number>, agoMs = 0) => ({ ...plan('web'), observed: [{ name: 'code:code', value: { sha256: 'a'.repeat(64), ...said }, readAt: now - agoMs }] })

export const what: Record<string, readonly Row[]> = {
  bounds: [
    { settings: { min: 1, max: 5, step: 2 }, of: { plan: resize({ web: [3, 5] }) }, expected: 'allow: web 3 → 5 within 1 to 5', why: 'within all three' },
    { settings: { min: 1, max: 5, step: 2 }, of: { plan: resize({ web: [4, 6] }) }, expected: 'refuse bounds: web 4 → 6 is above 5', why: 'too large' },
    { settings: { min: 2, max: 5, step: 2 }, of: { plan: resize({ web: [2, 1] }) }, expected: 'refuse bounds: web 2 → 1 is below 2', why: 'too small' },
    { settings: { min: 0, max: 100_000, step: 2 }, of: { plan: resize({ web: [3, 100_000] }) }, expected: 'refuse bounds: web 3 → 100000 is 99997 at once, at most 2', why: 'a limit that the asker may set is none: a hundred thousand passed once' },
    { settings: { min: 1, max: 9, step: 1 }, of: { plan: resize({ web: [3, 9] }, { claims: 8 }) }, expected: 'refuse bounds: web 3 → 9 is 6 at once, at most 1', why: 'a script that says 8 where 3 were observed gains nothing by it' },
    { settings: { min: 1, max: 9, step: 1 }, of: { plan: resize({ web: [3, 4], db: [1, 0] }) }, expected: 'refuse bounds: db 1 → 0 is below 1', why: 'one of several' },
    { settings: { min: 1, max: 9, step: 1 }, of: { plan: restart('web', { replicas: 2, ready: 2 }) }, expected: 'refuse bounds: the plan changes something that is not a size, so nothing can be said of it', why: 'what cannot be judged does not run' },
    { settings: { min: 1, max: 9, step: 1 }, expected: 'refuse fact missing: size of web could not be read', why: 'a fact that nobody read' },
    { settings: { min: 1, max: 9, step: 1 }, of: { plan: resize({ web: [3, 4] }, { agoMs: 31_000 }) }, expected: 'wait fact missing: size of web was read 31 s ago', until: now, why: 'a fact from before' },
  ],
  'one-domain': [
    { settings: { label: 'zone' }, of: { plan: labelled({ web: { zone: 'a' } }) }, expected: 'allow: only zone=a is worked on', keys: ['one-domain:one-domain:zone'], why: 'nothing else runs' },
    { settings: { label: 'zone' }, of: { plan: labelled({ web: { zone: 'a' } }), starts: { 'one-domain:one-domain:zone': [held('w2', { values: ['a'] })] } }, expected: 'allow: only zone=a is worked on', why: 'the same domain' },
    { settings: { label: 'zone' }, of: { plan: labelled({ web: { zone: 'b' } }), starts: { 'one-domain:one-domain:zone': [held('w2', { values: ['a'] })] } }, expected: 'wait one-domain: another zone than b is worked on', keys: ['one-domain:one-domain:zone'], why: 'a maintenance tool once took several locations down at once' },
    { settings: { label: 'zone' }, of: { plan: labelled({ web: { zone: 'a' }, api: { zone: 'b' } }) }, expected: 'refuse one-domain: the plan touches 2 of them: zone=a, b', why: 'nor may one plan' },
    { settings: { label: 'zone' }, of: { plan: labelled({ web: {} }) }, expected: 'refuse one-domain: web has no label zone', why: 'nobody knows where it stands' },
    { settings: { label: 'constructor' }, of: { plan: labelled({ web: {} }) }, expected: 'refuse one-domain: web has no label constructor', why: 'a label named like a thing of the language' },
    { settings: { label: 'zone' }, of: { plan: { ...plan(), observed: [] } }, expected: 'refuse one-domain: the plan names no target', why: 'empty never means everything' },
  ],
  same: [
    { settings: { labels: ['zone', 'tier'] }, of: { plan: labelled({ web: { zone: 'a', tier: 'x' }, api: { zone: 'a', tier: 'x' } }) }, expected: 'allow: one value of zone, tier', why: 'all alike' },
    { settings: { labels: ['site'] }, of: { plan: labelled({ old: { site: '1' }, live: { site: '2' } }) }, expected: 'refuse same: 2 values of site: 1, 2', why: 'a plan that erased the live site beside the old one passed once' },
    { settings: { labels: ['Site'] }, of: { plan: labelled({ old: { site: '1' }, live: { site: '1' } }) }, expected: 'refuse same: old has no label Site', why: 'a name written wrongly made that rule a dead letter: here it refuses' },
    { settings: { labels: ['zone'] }, of: { plan: plan() }, expected: 'refuse same: the plan names no target', why: 'no target' },
  ],
  steps: [
    { settings: { names: ['a', 'b'] }, of: { steps: [step('a'), step('b')] }, expected: 'allow: all 2 steps are allowed', why: 'all are named' },
    { settings: { names: ['a'] }, of: { steps: [step('a'), step('erase')] }, expected: 'refuse steps: steps[1] erase not among the 1 allowed', why: 'one more step' },
    { settings: { names: ['a'] }, of: { steps: [] }, expected: 'refuse steps: it has no steps', why: 'none' },
  ],
  order: [
    { settings: { start: 'get token' }, of: { steps: [step('get token'), step('erase')] }, expected: 'allow: get token comes first', why: 'in its place' },
    { settings: { end: 'verify' }, of: { steps: [step('erase'), step('verify')] }, expected: 'allow: verify comes last', why: 'in its place' },
    { settings: { start: 'get token' }, of: { steps: [step('erase'), step('get token')] }, expected: 'refuse order: get token is steps[1], and must come first', why: 'the token was taken beside the erasing once' },
    { settings: { start: 'get token' }, of: { steps: [step('erase')] }, expected: 'refuse order: there is no step get token, which must come first', why: 'missing' },
    { settings: { start: 'a' }, of: { steps: [step('a'), step('b'), step('a')] }, expected: 'refuse order: a is steps[0, 2], and must come first', why: 'twice' },
    { settings: { start: 'a' }, of: { steps: [step('a', { each: true, concurrency: 5 }), step('b')] }, expected: 'refuse order: a runs 5 at a time, and must be alone', why: 'not alone' },
  ],
  approval: [
    { settings: {}, expected: 'ask approval: 0 of 1 approved', until: now + 60 * minute, why: 'nobody yet' },
    { settings: {}, of: { approvals: [{ who: 'ann', at: now - minute }] }, expected: 'allow: 1 of 1 approved: ann', why: 'one may' },
    { settings: { by: ['bob'] }, of: { approvals: [{ who: 'ann', at: now - minute }] }, expected: 'ask approval: 0 of 1 approved; may: bob', until: now + 60 * minute, why: 'buttons that anyone may press are no approval' },
    { settings: { count: 2 }, of: { approvals: [{ who: 'ann', at: now - minute }, { who: 'ann', at: now }] }, expected: 'ask approval: 1 of 2 approved: ann', until: now + 60 * minute, why: 'four eyes count persons, not presses' },
    { settings: { count: 2 }, of: { approvals: [{ who: 'ann', at: now - minute }, { who: 'bob', at: now }] }, expected: 'allow: 2 of 2 approved: ann, bob', why: 'two persons' },
    { settings: { count: 2 }, of: { approvals: [{ who: 'ann (Slack T1/U1)', at: now - minute }, { who: 'bob (Slack T1/U1)', at: now }] }, expected: 'ask approval: 1 of 2 approved: bob (Slack T1/U1)', until: now + 60 * minute, why: 'who calls himself otherwise in Slack is the same person' },
    { settings: { by: ['T1/U1'] }, of: { approvals: [{ who: 'whoever (Slack T1/U1)', at: now }] }, expected: 'allow: 1 of 1 approved: whoever (Slack T1/U1)', why: 'an account may be listed by its id' },
    { settings: { by: ['ann'] }, of: { approvals: [{ who: 'ann (Slack T1/U9)', at: now }] }, expected: 'ask approval: 0 of 1 approved; may: ann', until: now + 60 * minute, why: 'anybody may call himself ann in Slack' },
    { settings: { fourEyes: true }, of: { requester: 'ann (Slack T1/U1)', approvals: [{ who: 'anna (Slack T1/U1)', at: now }] }, expected: 'ask approval: 0 of 1 approved', until: now + 60 * minute, why: 'nor under another name' },
    { settings: {}, of: { requester: 'ann', approvals: [{ who: 'ann', at: now }] }, expected: 'ask approval: 0 of 1 approved', until: now + 60 * minute, why: 'the one who asked is no second person' },
    { settings: { fourEyes: false }, of: { requester: 'ann', approvals: [{ who: 'ann', at: now }] }, expected: 'allow: 1 of 1 approved: ann', why: 'unless that is allowed' },
    { settings: { within: '10m' }, of: { approvals: [{ who: 'ann', at: now - 11 * minute }] }, expected: 'ask approval: 0 of 1 approved', until: now + 10 * minute, why: 'a yes of before' },
  ],
  mode: [
    { settings: { most: 'approve' }, expected: 'allow: at most approve', why: 'the gate of modes asks' },
  ],
  code: [
    { settings: { module: 'quiet.ts', sha256: 'a'.repeat(64) }, expected: 'refuse fact missing: nobody has run it for this plan', why: 'what nobody judged does not run' },
    { settings: { module: 'quiet.ts', sha256: 'a'.repeat(64) }, of: { plan: ran({ verdict: 'allow', detail: 'fine' }) }, expected: 'allow: fine', why: 'its word' },
    { settings: { module: 'quiet.ts', sha256: 'a'.repeat(64) }, of: { plan: ran({ verdict: 'wait', detail: 'the stock is counted', until: now + minute }) }, expected: 'wait code: the stock is counted', until: now + minute, why: 'with its time' },
    { settings: { module: 'quiet.ts', sha256: 'a'.repeat(64) }, of: { plan: ran({ verdict: 'refuse', detail: 'it hangs', reason: 'policy failed' }) }, expected: 'refuse policy failed: it hangs', why: 'a hang of 4 s passed a deadline of half a second once' },
    { settings: { module: 'quiet.ts', sha256: 'b'.repeat(64) }, of: { plan: ran({ verdict: 'allow', detail: 'fine' }) }, expected: 'wait fact missing: it is another module by now', until: now, why: 'the word of a module that was replaced since' },
    { settings: { module: 'quiet.ts', sha256: 'a'.repeat(64) }, of: { plan: ran({ verdict: 'allow', detail: 'fine' }, 31_000) }, expected: 'wait fact missing: it was run 31 s ago', until: now, why: 'judged by what was so half a minute ago' },
    { settings: { module: 'quiet.ts', sha256: 'a'.repeat(64) }, of: { plan: ran({ verdict: 'refuse', detail: 'it gave no verdict within 30 s', reason: 'policy failed' }, 31_000) }, expected: 'refuse policy failed: it gave no verdict within 30 s', why: 'a hang takes longer than its word would hold, and was asked again for ever once' },
    { settings: { module: 'quiet.ts', sha256: 'a'.repeat(64) }, of: { plan: ran({ verdict: 'maybe', detail: 'fine' }) }, expected: 'refuse policy failed: what is recorded of it is no verdict', why: 'garbage on the log' },
  ],
  'hands-off': [
    { settings: {}, of: { plan: { ...plan('web'), observed: [fact('controller', { rollingOut: false, autoscaled: false }, 'web')] } }, expected: 'allow: nobody else is changing it', why: 'ours alone' },
    { settings: {}, of: { plan: { ...plan('web'), observed: [fact('controller', { rollingOut: true, autoscaled: false }, 'web')] } }, expected: 'wait hands-off: web is rolling out', until: now + 30_001, why: 'a rollout goes on' },
    { settings: {}, of: { plan: { ...plan('web'), observed: [fact('controller', { rollingOut: false, autoscaled: true }, 'web')] } }, expected: 'refuse hands-off: web is autoscaled: its size is not ours', why: 'two controllers saw at one size' },
    { settings: { autoscaled: 'allow' }, of: { plan: { ...plan('web'), observed: [fact('controller', { rollingOut: false, autoscaled: true }, 'web')] } }, expected: 'allow: nobody else is changing it', why: 'its bounds are what changes' },
    { settings: {}, of: { plan: { ...plan('web'), observed: [fact('controller', {}, 'web')] } }, expected: 'refuse fact missing: the provider does not say who else controls web', why: 'a provider that cannot say' },
  ],
}

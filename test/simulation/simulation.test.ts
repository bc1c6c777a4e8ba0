/**
 * Many servers, their trouble and their promises, by seed: `docs/simulation.md`. `SEED=7` replays one with its trace.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulateAll } from './seeds.ts'
import { simulate } from './simulate.ts'

const only = process.env['SEED']
const seeds = Number(process.env['SEEDS'] ?? 500)

/** All of these must have happened to somebody: a simulation without trouble proves nothing. */
const everyTrouble = [
  'a server runs nothing', 'crash', 'crash with an append in flight', 'pause', 'frozen between latch and spawn', 'the machine sleeps', 'the spawner dies', 'cut off from both streams', 'cut off from the log',
  'cut off from control', 'the broker\'s clock jumps back', 'clock skew', 'log: lost', 'log: landed but failed', 'log: lands late', 'log: unanswered', 'log: stall',
  'log: control lost', 'log: control lands late', 'log: control stall', 'landed after its process died', 'a claim lands long after its process died', 'alert from a second Alertmanager', 'resolved before firing', 'alert told again', 'alert resolved',
  'alert not taken, sent again', 'Watchdog stays away', 'stop: kill all', 'stop: kill by matcher', 'stop: pause all', 'stop: pause by matcher', 'stop: only its file survives',
  'stop: over HTTP', 'stop: kill for a while', 'stop: pause for a while', 'a pause lifts itself', 'stop: by the control stream', 'lift before its stop', 'lift', 'catalogue changed', 'approved', 'denied', 'breaker closed', 'promoted', 'demoted', 'the next rung of a ladder', 'a hand changes a service', 'a hand is seen', 'resumed', 'Slack does not take a message', 'Slack\'s answer is lost',
]

if (only === undefined) {
  test(`${seeds} seeds keep every promise, and every trouble occurs`, async () => {
    const found = await simulateAll(seeds)
    for (const { seed, broken } of found) assert.deepEqual(broken, [], `SEED=${seed} npm run simulate shows how it came`)
    const occurred = new Set(found.flatMap((one) => one.occurred))
    assert.deepEqual(everyTrouble.filter((trouble) => !occurred.has(trouble)), [])
  })
} else {
  test(`seed ${only} keeps every promise`, async () => {
    const run = await simulate({ seed: Number(only), trace: (line) => console.log(line) })
    assert.deepEqual(run.broken, [])
  })
}

test('the same seed is the same run', async () => {
  const [one, two]: [string[], string[]] = [[], []]
  for (const lines of [one, two]) await simulate({ seed: 3, trace: (line) => lines.push(line) })
  assert.deepEqual(one, two)
})

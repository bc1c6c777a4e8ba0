/**
 * What every way of killing promises: nothing survives, however it hid. Run with `createJobs`, so on the whole path.
 * Survivors are counted by a word in their command line, which no way of killing looks at.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { boottimeMs } from '../../src/runner/boottime.ts'
import type { Job, Jobs } from '../../src/runner/jobs.ts'
import type { JobOrder } from '../../src/runner/protocol.ts'

export interface Scenario {
  readonly name: string
  /** A shell script: its $1 is the word that each of its processes carries, its $0 is itself. */
  readonly script: string
  /** That many carry the word before the kill, or the scenario is not what it says. */
  readonly atLeast: number
  readonly because: string
  /** Whether a kill of the process group alone misses some of it: the counter must see that. */
  readonly hides: boolean
}

const wait = 'echo READY; exec sleep 600 "$1"'

/** `sleep 600 WORD` is refused by sleep, so the word goes into the name: see `prepare`. */
export const scenarios: readonly Scenario[] = [
  { name: 'plain', atLeast: 3, hides: false, script: `hold "$1" & hold "$1" & ${wait}`, because: 'children of the step' },
  { name: 'setsid', atLeast: 3, hides: true, script: `setsid hold "$1" & (setsid hold "$1" &); ${wait}`, because: 'a session of its own leaves the process group' },
  { name: 'double fork', atLeast: 2, hides: true, script: `(setsid sh -c '(hold "$1" &) ; exit 0' sh "$1" &); sleep 0.1; ${wait}`, because: 'its parent is gone' },
  { name: 'env -i', atLeast: 2, hides: true, script: `(env -i PATH="$PATH" setsid hold "$1" &); ${wait}`, because: 'no mark in the environment' },
  { name: 'TERM ignored', atLeast: 2, hides: false, script: `sh -c 'trap "" TERM INT HUP QUIT; while :; do hold "$1"; done' sh "$1" & ${wait}`, because: 'only KILL ends it' },
  { name: 'fork storm', atLeast: 150, hides: true, script: `n=0; while [ $n -lt 150 ]; do (setsid hold "$1" &); n=$((n+1)); done; ${wait}`, because: 'many at once' },
  { name: 'fork churn', atLeast: 1, hides: true, script: `if [ "$2" = again ]; then (setsid sh "$0" "$1" again &); exit 0; fi
    for i in 1 2 3; do (setsid sh "$0" "$1" again &); done; ${wait}`, because: 'whoever was found has a successor already' },
  { name: 'holds stdout', atLeast: 2, hides: true, script: `(setsid hold "$1" >&1 2>&2 &); ${wait}`, because: 'the pipe is never closed' },
  { name: 'stopped', atLeast: 2, hides: true, script: `(setsid hold "$1" &); (setsid sh -c 'kill -STOP $$; hold "$1"' sh "$1" &); ${wait}`, because: 'it does not run when it is hit' },
]

export interface Stage {
  readonly folder: string
  order(of: { name: string; script: string; word: string; workflow?: string; step?: number; timeoutMs?: number; memoryMb?: number }): JobOrder
}

const runbook = `import { runbook } from 'paramedic'
export default runbook({
  target: 'host',
  plan: () => ({ changes: [] }),
  steps: [
    { name: 'wait', effect: 'once', timeout: 1, run: ({ $, params }) => $\`PATH=\${params.bin}:$PATH exec sh \${params.file} \${params.word}\` },
    { name: 'leave', effect: 'once', timeout: 1, run: async ({ $, params }) => {
      void $\`PATH=\${params.bin}:$PATH exec sh \${params.file} \${params.word}\`.nothrow()
      await new Promise((done) => setTimeout(done, 400))
    } },
    { name: 'exit', effect: 'once', timeout: 1, run: async ({ $, params }) => {
      void $\`PATH=\${params.bin}:$PATH exec sh \${params.file} \${params.word}\`.nothrow()
      await new Promise((done) => setTimeout(done, 400))
      process.exit(3)
    } },
  ],
})
`

/** A folder with the runbook, the scenarios' scripts, and `hold`: it sleeps, and takes a word that it carries. */
export function prepare(folder: string): Stage {
  const script = join(folder, 'kill.js')
  writeFileSync(script, runbook)
  const digest = createHash('sha256').update(runbook).digest('hex')
  writeFileSync(join(folder, 'hold'), '#!/bin/sh\nsleep 600\n', { mode: 0o755 })
  let number = 0
  return {
    folder,
    order: ({ name, script: text, word, workflow = name, step = 0, timeoutMs = 60_000, memoryMb = 512 }) => {
      const file = join(folder, `${++number}.sh`)
      writeFileSync(file, text.replace('exec sleep 600 "$1"', 'exec hold "$1"'))
      return {
        id: `${number}`, workflow, script, digest, phase: 'step', step, timeoutMs, memoryMb, notAfterBoottimeMs: boottimeMs() + 60_000,
        input: { target: 'host', targets: ['host'], params: { bin: folder, file, word }, labels: {} },
      }
    },
  }
}

/** The processes that carry a word. */
export function carriers(word: string): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word)) return false
      return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
    } catch {
      return false
    }
  })
}

let words = 0
export const newWord = (): string => `w0rd-${process.pid}-${Date.now().toString(36)}-${++words}`

export async function eventually(what: string, is: () => boolean, withinMs = 20_000): Promise<void> {
  const until = Date.now() + withinMs
  while (!is()) {
    assert.ok(Date.now() < until, `not within ${withinMs} ms: ${what}`)
    await sleep(20)
  }
}

const nobody = async (): Promise<never> => {
  throw new Error('no handle is needed here')
}

/** Starts a scenario and waits until all of it stands. */
export async function stand(jobs: Jobs, stage: Stage, scenario: Scenario, word: string, workflow: string): Promise<Job> {
  const job = jobs.start(stage.order({ name: scenario.name, script: scenario.script, word, workflow }), nobody)
  assert.equal(await job.started, true, `${scenario.name} started`)
  await eventually(`${scenario.name}: ${scenario.atLeast} processes`, () => carriers(word).length >= scenario.atLeast)
  // The shell that waits says READY after the others; a moment more lets what churns churn.
  await sleep(50)
  return job
}

/** The promise itself: one stop, and of nothing that ran is anything left. */
export async function nothingSurvives(jobs: Jobs, stage: Stage, scenario: Scenario): Promise<void> {
  const word = newWord()
  const workflow = `workflow-${word}`
  const job = await stand(jobs, stage, scenario, word, workflow)
  const [killed, ...more] = await jobs.kill([workflow])
  const left = carriers(word)
  assert.deepEqual(left, [], `${scenario.name}: ${scenario.because}`)
  assert.equal(more.length, 0)
  assert.equal(killed?.survivors, 0)
  assert.ok(killed.processes >= Math.min(scenario.atLeast, 2), `it counted ${killed.processes} processes`)
  const outcome = await job.result
  assert.equal(outcome.kind === 'failed' && outcome.failure, 'killed')
}

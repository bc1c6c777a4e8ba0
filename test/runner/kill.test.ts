/** The contract of killing, on each way that this machine has. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { boottimeMs } from '../../src/runner/boottime.ts'
import { createJobs } from '../../src/runner/jobs.ts'
import type { Jobs } from '../../src/runner/jobs.ts'
import { carriers, eventually, newWord, nothingSurvives, prepare, scenarios, stand } from '../contract/kill.ts'
import type { Stage } from '../contract/kill.ts'

const variants = [
  { way: 'cgroup', without: [] },
  { way: 'namespace', without: [] },
  { way: 'subreaper', without: [] },
  { way: 'subreaper', without: ['tini', 'setpriv'] },
] as const

for (const { way, without } of variants) {
  const name = without.length === 0 ? `killing by ${way}` : `killing by ${way}, without ${without.join(' and ')}`
  describe(name, { skip: process.platform !== 'linux' && 'Linux only' }, () => {
    let jobs: Jobs
    let stage: Stage
    let folder: string
    let missing: string | undefined

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'paramedic-kill-'))
      stage = prepare(folder)
      jobs = createJobs({ way, warm: 2, stateDirectory: join(folder, 'state'), outputDirectory: join(folder, 'out'), killAfterMs: 300_000, path: pathWithout(without, folder) })
      missing = await jobs.ready.then(() => undefined, (error: Error) => error.message)
      jobs.extend(boottimeMs())
    })
    after(async () => {
      await jobs.close()
      rmSync(folder, { recursive: true, force: true })
    })

    for (const scenario of scenarios)
      test(`nothing survives: ${scenario.name}`, async (t) => (missing ? t.skip(missing) : nothingSurvives(jobs, stage, scenario)))

    test('nothing survives: 20 trees with grandchildren, stopped at once', async (t) => {
      if (missing) return t.skip(missing)
      const word = newWord()
      const tree = { ...scenarios[1]!, name: 'tree', script: `for i in 1 2 3; do sh -c 'hold "$1" & (setsid hold "$1" &); wait' sh "$1" & done; echo READY; exec hold "$1"` }
      const started = await Promise.all(Array.from({ length: 20 }, (_, at) => stand(jobs, stage, tree, word, `tree-${at}`)))
      await eventually('all trees stand', () => carriers(word).length >= 200)
      const killed = await jobs.kill('all')
      assert.deepEqual(carriers(word), [])
      assert.equal(killed.length, 20)
      assert.equal(killed.reduce((sum, one) => sum + one.survivors, 0), 0)
      for (const job of started) assert.equal((await job.result).kind, 'failed')
    })

    test('nothing survives a job that ended by itself', async (t) => {
      if (missing) return t.skip(missing)
      const word = newWord()
      const job = jobs.start(stage.order({ name: 'exits', script: `(setsid hold "$1" &); hold "$1" & exec hold "$1"`, word, step: 2 }), async () => null)
      const outcome = await job.result
      assert.equal(outcome.kind === 'failed' && outcome.failure, 'exit')
      assert.deepEqual(carriers(word), [])
    })

    test('nothing survives the release of a workflow', async (t) => {
      if (missing) return t.skip(missing)
      const word = newWord()
      const job = jobs.start(stage.order({ name: 'leaves', script: `(setsid hold "$1" &); exec hold "$1"`, word, step: 1 }), async () => null)
      assert.equal((await job.result).kind, 'done')
      assert.ok(carriers(word).length >= 2, 'what a step leaves in the background lives until its workflow ends')
      jobs.release('leaves')
      await eventually('all of it is dead', () => carriers(word).length === 0)
    })

    test('nothing survives a timeout', async (t) => {
      if (missing) return t.skip(missing)
      const word = newWord()
      const job = jobs.start(stage.order({ name: 'late', script: `(setsid hold "$1" &); exec hold "$1"`, word, timeoutMs: 500 }), async () => null)
      const outcome = await job.result
      assert.equal(outcome.kind === 'failed' && outcome.failure, 'timeout')
      assert.deepEqual(carriers(word), [])
    })
  })
}

/** A path on which these programs cannot be found: perl has to do their work. */
function pathWithout(names: readonly string[], folder: string): string {
  const path = process.env['PATH']!
  if (names.length === 0) return path
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  for (const place of path.split(':')) {
    for (const name of existsSync(place) ? readdirSync(place) : []) {
      if (!(names as string[]).includes(name) && !existsSync(join(bin, name))) symlinkSync(join(place, name), join(bin, name))
    }
  }
  return bin
}

test('the counter sees what a kill of less would leave', { skip: process.platform !== 'linux' && 'Linux only' }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-kill-'))
  const stage = prepare(folder)
  const jobs = createJobs({ way: 'none', warm: 1, stateDirectory: join(folder, 'state'), outputDirectory: join(folder, 'out'), killAfterMs: 300_000, path: process.env['PATH']! })
  const word = newWord()
  try {
    await jobs.ready
    jobs.extend(boottimeMs())
    const hidden = scenarios.find(({ name }) => name === 'double fork')!
    await stand(jobs, stage, hidden, word, 'hidden')
    const [killed] = await jobs.kill(['hidden'])
    assert.ok(killed!.processes >= 2, 'it killed what it found')
    assert.ok(carriers(word).length >= 1, 'a best-effort kill misses what detached itself: that is why mode auto is not for it')
    await jobs.close()
    assert.deepEqual(carriers(word), [], 'the end of the spawner takes the rest along, where a reaper stands above it')
  } finally {
    await jobs.close()
    for (const pid of carriers(word)) process.kill(pid, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})

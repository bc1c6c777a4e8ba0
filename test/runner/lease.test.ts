/** A lease is what everything runs on, real children too. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { boottimeMs } from '../../src/runner/boottime.ts'
import { createJobs } from '../../src/runner/jobs.ts'
import { noCall, orderIn } from './orders.ts'

test('nothing starts without a lease, and all ends when it runs out', async () => {
  const own = mkdtempSync(join(tmpdir(), 'paramedic-lease-'))
  const lost = Promise.withResolvers<string>()
  const leased = createJobs({ warm: 1, stateDirectory: own, outputDirectory: own, killAfterMs: 800, onLost: ({ why }) => lost.resolve(why) })
  try {
    await leased.ready
    const before = await leased.start(orderIn(own, {}), noCall).result
    assert.match(before.kind === 'failed' ? `${before.failure} ${before.error}` : '', /refused no lease/)
    leased.extend(boottimeMs())
    const running = leased.start(orderIn(own, { run: `() => new Promise(() => {})` }), noCall)
    assert.equal(await running.started, true)
    const outcome = await running.result
    assert.equal(outcome.kind === 'failed' && outcome.failure, 'killed')
    assert.match(await lost.promise, /lease is over/)
    const afterwards = await leased.start(orderIn(own, {}), noCall).result
    assert.equal(afterwards.kind === 'failed' && afterwards.failure, 'refused')
  } finally {
    await leased.close()
    rmSync(own, { recursive: true, force: true })
  }
})

/** The closed loop, for real: nobody posts an alert here. Load makes a service slow, and it is healed; examples/closed-loop starts all of it. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { closedLoop } from '../../examples/closed-loop/loop.ts'
import { picture } from '../../examples/closed-loop/picture.ts'

const missing = ['prometheus', 'prometheus-alertmanager'].filter((binary) => spawnSync(binary, ['--version']).error)
const skip = missing.length > 0 && process.env['CI'] !== 'true' ? `${missing.join(' and ')} not installed` : false

test('a service under load is too slow, its rule fires, a replica is added, latency falls, and it is healed', { skip, timeout: 240_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-loop-'))
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const ran = await closedLoop({ folder })
  assert.deepEqual([ran.workflow.state, ran.workflow.reason, ran.workflow.plan!.changes.map(({ from, to }) => [from, to])], ['healed', 'alert gone', [[2, 3]]])
  assert.equal(ran.replicas.after, 3)
  const highest = Math.max(...ran.samples.map(({ latency = 0 }) => latency))
  const last = ran.samples.findLast(({ latency }) => latency !== undefined)!
  assert.ok(highest > 0.3 && last.latency! < 0.3, `from ${highest} s to ${last.latency} s`)
  const moments = [ran.moments.fired, ran.moments.scaled, ran.moments.resolved, ran.moments.healed]
  assert.deepEqual(moments, moments.toSorted((a, b) => a - b))
  assert.match(picture(ran), /^<svg [^]*one more replica, [\d.]+ s[^]*<\/svg>\n$/)
  const left = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
    } catch {
      return false
    }
  })
  assert.deepEqual(left, [], 'nothing is left running')
})

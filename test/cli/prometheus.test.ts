/** `backtest --prometheus`, on the real one: what fired is told, with what the routes make of it. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { firingsIn } from '../../src/core/firings.ts'
import { eventually } from '../flow/flow.ts'
import { freePort } from '../servers/ports.ts'
import { paramedic } from './cli.ts'

const missing = spawnSync('prometheus', ['--version']).error && process.env['CI'] !== 'true' ? 'prometheus is not installed' : false

test('what Prometheus remembers goes through the routes, and no policy is said to have allowed it', { skip: missing, timeout: 120_000 }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'paramedic-prometheus-'))
  const port = await freePort()
  writeFileSync(join(dir, 'rules.yaml'), `groups:
- name: g
  interval: 1s
  rules:
  - { alert: Slow, expr: vector(1), labels: { service: web } }
  - { alert: Nameless, expr: vector(1) }
  - { alert: Never, expr: vector(1) == 2 }
`)
  writeFileSync(join(dir, 'prometheus.yaml'), 'global: { evaluation_interval: 1s }\nrule_files: [rules.yaml]\n')
  const prometheus = spawn('prometheus', [`--config.file=${join(dir, 'prometheus.yaml')}`, `--storage.tsdb.path=${join(dir, 'data')}`, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' })
  const ended = new Promise((resolve) => prometheus.once('exit', resolve))
  t.after(async () => {
    prometheus.kill('SIGKILL')
    await ended
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  })
  const url = `http://127.0.0.1:${port}`
  await eventually('both fire', async () => {
    const { data } = await (await fetch(`${url}/api/v1/query?query=ALERTS`)).json() as { data: { result: unknown[] } }
    return data.result.length === 2
  })
  assert.equal((await paramedic(['init', 'mine'], { cwd: dir })).code, 0)
  const mine = { cwd: join(dir, 'mine') }
  writeFileSync(join(mine.cwd, 'other.yaml'), 'routes:\n  - matchers: [alertname="Slow"]\n    runbook: add-replica@1\n    mode: auto\n')
  const { code, out, err } = await paramedic(['backtest', '--prometheus', url, '--since', '5m', '--routes', 'other.yaml', '--json'], mine)
  assert.equal(code, 0, err)
  const { now, routed } = JSON.parse(out) as { now: object; routed: { alert: string }[] }
  assert.deepEqual(now, { 'unknown': 1, 'no workflow': 1 })
  assert.deepEqual(routed.sort((a, b) => a.alert.localeCompare(b.alert)), [
    { alert: 'Nameless', outcome: 'no workflow', detail: 'no route', firings: 1 }, { alert: 'Slow', outcome: 'unknown', detail: 'add-replica@1 would plan it, in mode auto', firings: 1 },
  ])
  const nobody = await paramedic(['backtest', '--prometheus', `http://127.0.0.1:${await freePort()}`], mine)
  assert.deepEqual([nobody.code, /does not tell of the past/.test(nobody.err)], [1, true])
})

test('an alert that went away and came back fired twice; one sample that is missing ends nothing', () => {
  assert.equal(firingsIn({ labels: {}, at: [0, 60, 120, 240, 480, 540] }, 60), 2)
  assert.equal(firingsIn({ labels: {}, at: [] }, 60), 0)
})

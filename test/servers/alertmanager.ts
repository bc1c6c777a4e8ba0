/** The real Alertmanager of Debian: alerts as Prometheus sends them, silences as people set them, restarts. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { eventually } from '../flow/flow.ts'
import { freePort } from './ports.ts'

const binary = 'prometheus-alertmanager'

/** Why tests of it are skipped here, or false. In CI a missing one is no reason. */
export const noAlertmanager: string | false = spawnSync(binary, ['--version']).error && process.env['CI'] !== 'true' ? `${binary} is not installed` : false

export interface Alertmanager {
  readonly url: string
  /** Everything goes to this webhook at once, and again after a second. Resolves when it is ready. */
  start(webhook: string): Promise<void>
  /** It keeps its silences, and forgets its alerts. */
  kill(): Promise<void>
  alert(labels: Readonly<Record<string, string>>, endsAt?: Date): Promise<void>
  silence(name: string, value: string, forMs?: number): Promise<void>
  /** What it says of the alerts with this label: active, suppressed, or nothing where it has none. */
  states(name: string, value: string): Promise<string[]>
}

/** Not started yet: its address is known to whoever starts before it. It ends with the test. */
export async function alertmanager(t: TestContext, dir: string): Promise<Alertmanager> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let running: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const exit = once(running, 'exit')
    running.kill('SIGKILL')
    await exit
  }
  t.after(kill)
  const call = async (path: string, body: unknown): Promise<void> => {
    const response = await fetch(`${url}/api/v2/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  }
  return {
    url, kill,
    start: async (webhook) => {
      const file = join(dir, 'am.yaml')
      writeFileSync(file, `route: { receiver: paramedic, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
receivers: [ { name: paramedic, webhook_configs: [ { url: '${webhook}', send_resolved: true, max_alerts: 0 } ] } ]
`)
      running = spawn(binary, [`--config.file=${file}`, `--storage.path=${join(dir, 'am')}`, `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='], { stdio: 'ignore' })
      await eventually('Alertmanager is ready', async () => (await fetch(`${url}/-/ready`)).ok)
    },
    alert: (labels, endsAt) => call('alerts', [{ labels, ...(endsAt ? { endsAt } : {}) }]),
    silence: (name, value, forMs = 3_600_000) => call('silences', {
      matchers: [{ name, value, isRegex: false, isEqual: true }], startsAt: new Date(), endsAt: new Date(Date.now() + forMs), createdBy: 'test', comment: 'test',
    }),
    states: async (name, value) => {
      const alerts = (await (await fetch(`${url}/api/v2/alerts?filter=${encodeURIComponent(`${name}="${value}"`)}`)).json()) as { status: { state: string } }[]
      return alerts.map(({ status }) => status.state)
    },
  }
}

/** The real Alertmanager, for `demo --alertmanager`: started on free ports, told as Prometheus tells it, ended by pid. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FiringAlert, Pager } from './alerts.ts'

const names = ['prometheus-alertmanager', 'alertmanager']

export function findAlertmanager(path = process.env['PATH'] ?? ''): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file))
}

/** Prometheus says a firing alert again and again, and that it ended for a while after it did. */
const resendMs = 1000

export interface RealAlertmanager extends Pager {
  readonly url: string
}

export async function startAlertmanager({ binary, folder, port, webhook }: { binary: string; folder: string; port: number; webhook: string }): Promise<RealAlertmanager> {
  mkdirSync(folder, { recursive: true })
  const config = join(folder, 'alertmanager.yml')
  writeFileSync(config, JSON.stringify({
    route: { receiver: 'paramedic', group_by: ['alertname'], group_wait: '0s', group_interval: '1s', repeat_interval: '1h' },
    receivers: [{ name: 'paramedic', webhook_configs: [{ url: webhook, send_resolved: true, max_alerts: 0 }] }],
  }))
  const url = `http://127.0.0.1:${port}`
  const child = spawn(binary, [`--config.file=${config}`, `--storage.path=${join(folder, 'data')}`, `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='], { stdio: 'ignore' })
  const failed = new Promise<never>((_, fail) => child.on('error', fail))
  failed.catch(() => {})
  await Promise.race([ready(url, child), failed])
  const told = new Map<string, NodeJS.Timeout>()
  return {
    kind: 'alertmanager',
    url,
    send: async (alert, status, signal) => {
      const key = JSON.stringify(alert.labels)
      clearInterval(told.get(key))
      const endsAt = status === 'resolved' ? new Date().toISOString() : undefined
      await tell(url, alert, endsAt, signal)
      told.set(key, setInterval(() => void tell(url, alert, endsAt, signal).catch(() => {}), resendMs))
    },
    close: async () => {
      for (const timer of told.values()) clearInterval(timer)
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

async function tell(url: string, { labels, annotations, startsAt }: FiringAlert, endsAt: string | undefined, signal: AbortSignal): Promise<void> {
  const answer = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    body: JSON.stringify([{ labels, annotations, startsAt, ...(endsAt === undefined ? {} : { endsAt }) }]),
  })
  if (!answer.ok) throw new Error(`Alertmanager answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`)
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`Alertmanager ended with ${child.exitCode} as soon as it was started`)
    if (await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1000) }).then((answer) => answer.ok, () => false)) return
    await sleep(50)
  }
  throw new Error('Alertmanager is not ready within 15 s')
}

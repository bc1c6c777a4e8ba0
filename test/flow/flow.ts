/** What flow tests share: alerts, calls, patience, and eyes on the processes of this machine. */
import { readFileSync, readdirSync } from 'node:fs'

export const get = async (url: string): Promise<any> => (await fetch(url)).json()

export const post = async (url: string, body?: unknown): Promise<{ status: number; body: any }> => {
  const response = await fetch(url, { method: 'POST', ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { status: response.status, body: await response.json() }
}

/** Waits for `check`; what it last threw is in the error. */
export const eventually = async <T>(what: string, check: () => Promise<T | undefined | false>, withinMs = 120_000): Promise<T> => {
  const over = performance.now() + withinMs
  for (;;) {
    let thrown: unknown
    const found = await check().catch((problem: unknown) => void (thrown = problem))
    if (found !== undefined && found !== false) return found
    if (performance.now() > over) throw new Error(`not within ${withinMs} ms: ${what}`, { cause: thrown })
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** One that began before yesterday is only answered if an Alertmanager has it. */
const began = new Date().toISOString()

export const notification = (alerts: readonly { labels: Record<string, string>; status?: string; startsAt?: string }[]) => ({
  version: '4', receiver: 'paramedic', status: 'firing', groupKey: '{}:{}', groupLabels: {}, commonLabels: {}, commonAnnotations: {},
  externalURL: 'http://am', truncatedAlerts: 0,
  alerts: alerts.map(({ labels, status = 'firing', startsAt = began }) => ({
    status, labels, annotations: {}, startsAt, endsAt: '0001-01-01T00:00:00Z', generatorURL: '', fingerprint: '',
  })),
})

export const liftAll = async (url: string): Promise<void> => {
  for (const stop of (await get(`${url}/v1/stops`)).items) if (stop.inForce) await post(`${url}/v1/stops/${stop.id}/lift`, { why: 'test' })
}

/** Living processes that carry `mark` among their arguments, counted from outside. */
export const alive = (mark: string): number[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(mark) && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
})

export const linesOf = (file: string): string[] => {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}

export const workflowsOf = async (url: string): Promise<any[]> => (await get(`${url}/v1/workflows?limit=500`)).items

/** By its name without `paramedic_`, and its labels; 0 where it is not there. */
export const metric = async (url: string, name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^paramedic_${name.replace(/[{}]/g, '\\$&')} (\\d+)`, 'm').exec(text)?.[1] ?? 0)
}

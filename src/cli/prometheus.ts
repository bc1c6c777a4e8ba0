/** Past firings, from Prometheus: `ALERTS{alertstate="firing"}` over a time, in pieces that it answers. */
import type { Firing } from '../core/firings.ts'
import { CliError } from './client.ts'

/** Prometheus refuses more than 11,000 points of a series at once. */
const mostPoints = 10_000
const withinMs = 60_000
/** As often as rules are evaluated, most of the time. */
const usualStepMs = 60_000

interface Answer {
  readonly status: string
  readonly error?: string
  readonly data?: { readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly values: readonly (readonly [seconds: number, value: string])[] }[] }
}

/** A short time is looked at more closely. */
export const stepOf = (forMs: number): number => Math.max(1000, Math.min(usualStepMs, Math.ceil(forMs / mostPoints / 1000) * 1000, Math.floor(forMs / 300)))

export async function pastFirings(url: string, { from, to, stepMs }: { from: number; to: number; stepMs: number }): Promise<Firing[]> {
  const all = new Map<string, { labels: Firing['labels']; at: number[] }>()
  for (let start = from; start < to; start += mostPoints * stepMs) {
    for (const { metric, values } of await ask(url, { start, end: Math.min(to, start + (mostPoints - 1) * stepMs), stepMs })) {
      const key = JSON.stringify(Object.entries(metric).sort())
      const known = all.get(key) ?? { labels: metric, at: [] }
      for (const [seconds] of values) known.at.push(seconds * 1000)
      all.set(key, known)
    }
  }
  return [...all.values()]
}

async function ask(url: string, { start, end, stepMs }: { start: number; end: number; stepMs: number }): Promise<NonNullable<Answer['data']>['result']> {
  const query = new URLSearchParams({ query: 'ALERTS{alertstate="firing"}', start: String(start / 1000), end: String(end / 1000), step: String(stepMs / 1000) })
  const failed = (why: string): CliError => new CliError(1, `${url} does not tell of the past: ${why}`)
  const response = await fetch(`${url.replace(/\/$/, '')}/api/v1/query_range`, { method: 'POST', body: query, signal: AbortSignal.timeout(withinMs) })
    .catch((problem: Error) => { throw failed(problem.cause instanceof Error ? problem.cause.message : problem.message) })
  const { status, error, data } = (await response.json().catch(() => ({ status: `it answered ${response.status}` }))) as Answer
  if (status !== 'success' || !data) throw failed(error ?? status)
  return data.result
}

/**
 * Asks Alertmanager whether an alert is gone. It is gone only if every peer of every pair answers, none has it, and none
 * was restarted since it fired: Alertmanager keeps alerts in memory alone, so a fresh one knows of nothing.
 */
import { plainLabels } from '../core/labels.ts'
import type { State, Workflow } from '../core/state.ts'

export interface AlertmanagerPair {
  readonly urls: readonly string[]
}

const askMs = 5000

/** `onAsked` is told of every call: whether it was answered, and after how long. */
export const alertmanagerGone = (pairs: readonly AlertmanagerPair[], onAsked: (ok: boolean, tookMs: number) => void = () => undefined) =>
  async (workflow: Workflow, state: State): Promise<boolean> => {
    const episode = workflow.episode === undefined ? undefined : state.episodes.get(workflow.episode)
    if (!episode) return false
    const answers = await Promise.all(pairs.flatMap(({ urls }) => urls.map((url) => goneFrom(url, plainLabels(episode.labels), Date.parse(episode.startsAt), onAsked))))
    return answers.every((gone) => gone)
  }

/** The names of all alerts that are active and neither silenced nor inhibited. Rejects unless every peer answers. */
export const alertmanagerActive = (pairs: readonly AlertmanagerPair[]) => async (): Promise<string[]> => {
  const answers = await Promise.all(pairs.flatMap(({ urls }) => urls.map((url) => ask(`${url}/api/v2/alerts?active=true&silenced=false&inhibited=false`))))
  return [...new Set(answers.flatMap((alerts) => (alerts as { labels: Record<string, string> }[]).map(({ labels }) => labels['alertname'] ?? '')))]
}

const goneFrom = async (url: string, labels: Record<string, string>, startsAtMs: number, onAsked: (ok: boolean, tookMs: number) => void): Promise<boolean> => {
  const began = performance.now()
  try {
    const filters = Object.entries(labels).map(([name, value]) => `filter=${encodeURIComponent(`${name}=${JSON.stringify(value)}`)}`)
    const [alerts, status] = await Promise.all([ask(`${url}/api/v2/alerts?${filters.join('&')}`), ask(`${url}/api/v2/status`)])
    const startedMs = Date.parse((status as { uptime: string }).uptime)
    const sameOne = (alerts as { labels: Record<string, string> }[]).some((alert) => Object.keys(alert.labels).length === Object.keys(labels).length)
    onAsked(true, performance.now() - began)
    return !sameOne && startedMs < startsAtMs
  } catch {
    onAsked(false, performance.now() - began)
    return false // who does not answer may still have it
  }
}

const ask = async (url: string): Promise<unknown> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(askMs) })
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  return response.json()
}

/** What Prometheus still knows of the past, for those who have no log yet: when which alert fired, and what the routes make of it. */
import { answerOf } from './backtest.ts'
import type { Catalogue } from './catalogue.ts'
import { compileRoutes } from './routing.ts'

/** One alert, with the times at which it was seen firing, ascending, in milliseconds. */
export interface Firing {
  readonly labels: Readonly<Record<string, string>>
  readonly at: readonly number[]
}

export interface Routed {
  readonly alert: string
  readonly firings: number
  /** What the routes say; `unknown` where a runbook is named: nobody made the plan that its policies would judge. */
  readonly outcome: 'no workflow' | 'unknown'
  readonly detail: string
}

/** Seen again after more than this many steps it is another firing. */
const apartSteps = 2

export const firingsIn = ({ at }: Firing, stepMs: number): number => at.filter((time, index) => index === 0 || time - at[index - 1]! > apartSteps * stepMs).length

/** The most frequent first. */
export const routeFirings = (firings: readonly Firing[], stepMs: number, catalogue: Catalogue): Routed[] => {
  const routes = compileRoutes(catalogue.routes)
  const all = new Map<string, Routed & { firings: number }>()
  for (const firing of firings) {
    const { alertstate: _, __name__: ___, ...labels } = firing.labels
    const found = answerOf(new Map(Object.entries(labels)), routes, catalogue)
    const alert = labels['alertname'] ?? ''
    const outcome = 'outcome' in found ? 'no workflow' : 'unknown'
    const detail = 'outcome' in found ? [found.reason, found.detail].filter(Boolean).join(': ') : `${found.runbook} would plan it, in mode ${found.mode}`
    const key = JSON.stringify([alert, outcome, detail])
    const known = all.get(key) ?? { alert, outcome, detail, firings: 0 }
    all.set(key, { ...known, firings: known.firings + firingsIn(firing, stepMs) })
  }
  return [...all.values()].sort((a, b) => b.firings - a.firings)
}

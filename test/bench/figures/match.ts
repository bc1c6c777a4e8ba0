/** What it costs to find the route of an alert that was never seen, against parsing that alert as JSON. */
import type { Route } from '../../../src/core/catalogue.ts'
import { labelMap } from '../../../src/core/labels.ts'
import { labelsOf } from '../../../src/core/told.ts'
import { compileRoutes } from '../../../src/core/routing.ts'
import type { Figure, Sample } from '../figure.ts'
import { webhookBodies } from '../load/bodies.ts'

/** As people write them: by name, by team, by a pattern of a service or a pod, by the end of a cluster's name. */
const kinds: readonly ((i: number) => readonly string[])[] = [
  (i) => [`alertname="LatencyHigh${i}"`, 'severity="critical"'],
  (i) => [`namespace="team-${i + 100}"`, 'severity=~"critical|page"'],
  (i) => [`service=~"shop-${i}(-canary)?"`, 'severity!="info"'],
  (i) => [`alertname=~"(Error|Latency)Rate${i}.*"`, 'cluster=~"eu-.+"'],
  (i) => [`pod=~"batch-[0-9a-f]+-${i}"`, 'job="cron"'],
  (i) => [`cluster=~".+-${i + 100}"`, 'namespace!~"test-.*"'],
]

const routesOf = (count: number): Route[] => Array.from({ length: count }, (_, i): Route => ({ matchers: kinds[i % kinds.length]!(i), source: `routes.yaml:${i}` } as Route))

export const figure: Figure = {
  rows: [1000, 10_000].map((count) => ({
    name: `match, ${count / 1000}k routes`, what: `match ÷ JSON.parse of the alert, ${count / 1000}k routes`, unit: 'µs', goal: { atMost: count === 1000 ? 0.5 : 5 },
  })),
  open: async () => {
    const texts = webhookBodies(400).flatMap((body, group) => (JSON.parse(body) as { alerts: { labels: Record<string, string> }[] }).alerts.map((alert) => {
      const { labels } = alert
      return JSON.stringify({ ...alert, labels: { ...labels, alertname: `${labels['alertname']}-${group}` } })
    }))
    const alerts = texts.map((text) => {
      const told = labelsOf((JSON.parse(text) as { labels: unknown }).labels)
      if ('problem' in told) throw new Error(told.problem)
      return labelMap(told)
    })
    const tables = [1000, 10_000].map((count) => compileRoutes(routesOf(count)))
    const perAlert = (work: (index: number) => void): number => {
      const began = performance.now()
      for (let index = 0; index < alerts.length; index++) work(index)
      return (performance.now() - began) * 1000 / alerts.length
    }
    return {
      round: async () => tables.map((table): Sample => ({ limit: perAlert((index) => void JSON.parse(texts[index]!)), ours: perAlert((index) => void table.route(alerts[index]!)) })),
      close: async () => {},
    }
  },
}

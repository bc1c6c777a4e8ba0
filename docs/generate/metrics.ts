/** `docs/metrics.md`: what `GET /metrics` says, from the metrics themselves. */
import { createMetrics } from '../../src/observe/metrics.ts'
import { mostSeries } from '../../src/observe/registry.ts'
import { generated, table } from './markdown.ts'

const examples = `## Alerts worth having

\`\`\`yaml
groups:
  - name: paramedic
    rules:
      - alert: ParamedicDown
        expr: absent(paramedic_ready == 1)
        for: 1m
      - alert: ParamedicDegraded
        expr: max by (edge) (paramedic_degraded) == 1
        for: 5m
      - alert: ParamedicStopped
        expr: sum(max by (kind) (paramedic_stops_in_force)) > 0
        for: 1h
      - alert: ParamedicSurvivors
        expr: sum(increase(paramedic_stop_survivors_total[10m])) > 0
      - alert: ParamedicBehind
        expr: max(paramedic_log_lag_entries) > 1000
        for: 1m
      - alert: ParamedicEscalationsWaiting
        expr: max(paramedic_escalations_waiting) > 0
        for: 30m
\`\`\`

No route may lead these to Paramedic alone: who is down answers nothing.
`

export function metricsPage(): string {
  const { described } = createMetrics({ version: '' })
  const introduction = `# Metrics

${generated}

\`GET /metrics\` is for Prometheus, in its text format. It is open to callers on the same machine, and asks others for a token of a viewer.

- **Counters and histograms** start at 0 with the process, and count what this process itself wrote to the log, once it is folded: sum them over
  all processes, and nothing is counted twice. Prometheus expects such a restart; the log has the whole history (\`paramedic log\`).
- **Gauges** of the log's state say the same on every process: take their \`max\`.
- No label holds a target, a fingerprint or any other text of an alert. A metric has at most ${mostSeries} sets of labels; what comes beyond counts under \`other\`.
- \`reason\` is a word of [reasons](reasons.md), \`code\` one of [errors](errors.md).
`
  const rows = described.map(({ name, type, help, labels, buckets }) =>
    [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(' '), `${help}${buckets === undefined ? '' : ` Buckets: ${buckets.join(', ')} s.`}`])
  return [introduction, table(['metric', 'is a', 'labels', 'says'], rows), '', examples].join('\n')
}

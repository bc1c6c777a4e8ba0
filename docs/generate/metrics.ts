/** `docs/metrics.md`: what `GET /metrics` says, from the metrics themselves. */
import { createMetrics } from '../../src/observe/metrics.ts'
import { mostSeries } from '../../src/observe/registry.ts'
import { generated, table } from './markdown.ts'

const examples = `## Alerts and a dashboard

[deploy/prometheus/alerts.yaml](../deploy/prometheus/alerts.yaml) has the alerts worth having; [operations.md](operations.md#our-own-alerts) says what each means and what to do.
No route may lead these to Paramedic alone: who is down answers nothing. [deploy/grafana/paramedic.json](../deploy/grafana/paramedic.json) is a dashboard.
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

/** A degraded array is for a person: one event goes out. */
import { trial } from 'paramedic'

export default trial({
  alert: { labels: { alertname: 'NodeRAIDDegraded', instance: 'db-1', device: 'md0', severity: 'critical' }, annotations: { summary: 'RAID array is degraded' } },
  targets: { NodeRAIDDegraded: { replicas: 1 } },
  plan: [{ target: 'NodeRAIDDegraded', from: 'nobody knows', to: 'a person is paged' }],
  calls: [{ call: 'POST https://events.pagerduty.com/v2/enqueue', gives: '{"status":"success"}' }],
})

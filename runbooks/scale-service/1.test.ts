/** Two replicas under load become three, and it waits until the third serves. */
import { trial } from 'paramedic'

export default trial({
  alert: { labels: { alertname: 'HighRequestLatency', service: 'web', severity: 'critical' } },
  targets: { web: { replicas: 2, max: 4 } },
  plan: [{ target: 'web', from: 2, to: 3 }],
  calls: ['scale.set web 3'],
  after: { targets: { web: { replicas: 3, ready: 3 } } },
})

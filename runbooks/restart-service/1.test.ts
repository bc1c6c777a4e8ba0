/** One of three replicas hangs: it goes first, then the others, each when the one before is ready. */
import { trial } from 'paramedic'

export default trial({
  alert: { labels: { alertname: 'ServiceHung', service: 'web' } },
  targets: { web: { replicas: 3, sick: 1 } },
  plan: [{ target: 'web', from: ['web-1', 'web-2', 'web-3'], to: '3 restarted, one at a time' }],
  calls: ['scale.restart web web-1', 'scale.restart web web-2', 'scale.restart web web-3'],
  after: { targets: { web: { replicas: 3, ready: 3 } } },
})

/** A release of which no replica becomes ready: the one before it is run again. */
import { trial } from 'paramedic'

export default trial({
  alert: { labels: { alertname: 'KubeDeploymentRolloutStuck', namespace: 'shop', deployment: 'web', severity: 'warning' } },
  targets: { 'shop/web': { replicas: 2, history: [{ revision: 'web-7', bad: true }, { revision: 'web-6' }, { revision: 'web-5' }] } },
  plan: [{ target: 'shop/web', from: 'web-7', to: 'web-6' }],
  calls: ['scale.rollBack shop/web web-6'],
  after: { targets: { 'shop/web': { replicas: 2, ready: 2 } } },
})

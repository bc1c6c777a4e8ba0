/** A cluster of two machines gets a third; when it has joined, what is labelled for it is spread anew. */
import { trial } from 'paramedic'

export default trial({
  alert: { labels: { alertname: 'KubeCPUOvercommit', cluster: 'workers', severity: 'warning' } },
  target: 'cluster',
  targets: {
    workers: { replicas: 2, max: 3, members: ['i-1', 'i-2'] },
    'shop/web': { replicas: 2, labels: { 'paramedic/rebalance': 'true' } },
  },
  nodes: { 'node-1': { ready: true, instance: 'i-1' }, 'node-2': { ready: true, instance: 'i-2' } },
  plan: [{ target: 'workers', from: 2, to: 3 }],
  calls: ['scale.set workers 3', 'nodes.rebalance *'],
  after: { targets: { workers: { replicas: 3, ready: 3 } } },
})

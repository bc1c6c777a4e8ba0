/** One node of two comes and goes: it is emptied and given back, and its group has two ready nodes again. */
import { trial } from 'paramedic'

export default trial({
  alert: { labels: { alertname: 'KubeNodeReadinessFlapping', node: 'node-2', severity: 'warning' } },
  targets: { others: { replicas: 1 }, workers: { replicas: 2, members: ['i-1', 'i-2'] } },
  nodes: { 'node-1': { ready: true, instance: 'i-1' }, 'node-2': { ready: true, instance: 'i-2' } },
  plan: [{ target: 'workers', from: 'i-2', to: 'another instance' }],
  calls: ['nodes.cordon node-2', 'nodes.drain node-2', 'scale.restart workers i-2'],
  after: { targets: { workers: { replicas: 2, ready: 2 } }, nodes: { 'node-1': { cordoned: false }, 'node-2': null } },
})

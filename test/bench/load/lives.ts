/** Entries as a log holds them: alerts that each go the whole way, from their notification to the proof that they are gone. */
import type { Entry, Fact } from '../../../src/core/entry.ts'
import { parseNotification } from '../../../src/core/notification.ts'

const notification = (id: number, status: 'firing' | 'resolved') => ({
  version: '4', receiver: 'paramedic', status, groupKey: '{}', groupLabels: {}, commonLabels: {}, commonAnnotations: {}, externalURL: 'http://am', truncatedAlerts: 0,
  alerts: [{
    status, labels: { alertname: `HighLatency${id % 50}`, namespace: `team-${id % 20}`, service: `service-${id}`, severity: 'critical' }, annotations: { summary: `service-${id} answers slowly` },
    startsAt: `2026-11-22T02:16:39.${String(id % 1_000_000).padStart(6, '0')}1Z`, endsAt: '0001-01-01T00:00:00Z', generatorURL: 'http://prometheus/graph', fingerprint: '59a6cf9b8f0e0d4c',
  }],
})

const stepNames = ['set the size', 'replicas ready']

/** Under the id that the fold will give to its episode. */
const life = (id: number, episode: string): Fact[] => {
  const workflow = `0193a0b0-0000-7000-8000-${String(id).padStart(12, '0')}`
  const target = `service-${id}`
  const digest = String(id).padStart(64, 'd')
  const claim = (step: number): string => `0193a0b1-000${step}-7000-8000-${String(id).padStart(12, '0')}`
  return [
    { kind: 'received', source: 'alertmanager', payload: notification(id, 'firing') },
    {
      kind: 'matched', episode, workflow, catalogue: 'c'.repeat(64), route: 'routes.yaml:4', runbook: { name: 'scale-service', version: 1, digest: 'a'.repeat(64) }, provider: 'local',
      targets: [target], params: { by: 1 }, mode: 'auto', healedWithinMs: 600_000, probe: false,
      steps: stepNames.map((name) => ({ name, effect: 'repeatable', timeoutMs: 60_000, each: false, concurrency: 1, onError: 'stop', memoryMb: 512 })),
    },
    { kind: 'planned', workflow, turn: 1, plan: { digest, targets: [{ name: target, id: target }], changes: [{ target, id: target, from: 2, to: 3 }], observed: [{ name: 'size', target, value: { replicas: 2, ready: 2, version: 7 }, readAt: Number.MAX_SAFE_INTEGER }] } },
    {
      kind: 'decided', workflow, turn: 2, outcome: 'start', detail: '', plan: digest, judgedAt: Number.MAX_SAFE_INTEGER, catalogue: 'c'.repeat(64), verdicts: [{ policy: 'targets', verdict: 'allow', detail: `${target} is listed` }],
      takes: [{ key: `target:local/${target}`, max: 1, window: 'until end', policy: 'one workflow per target', otherwise: 'wait' }],
    },
    ...stepNames.flatMap((_, step): Fact[] => [
      { kind: 'claimed', workflow, step, job: 0, claim: claim(step) },
      { kind: 'step done', workflow, step, job: 0, claim: claim(step), output: { replicas: 3, changed: true }, tookMs: 12 },
    ]),
    { kind: 'received', source: 'alertmanager', payload: notification(id, 'resolved') },
    { kind: 'verified', workflow, turn: 5, gone: true, detail: 'the alert is gone' },
    { kind: 'ended', workflow, turn: 5, state: 'healed', reason: 'alert gone', detail: 'the alert is gone' },
  ]
}


const episodeOf = (id: number): string => parseNotification('alertmanager', notification(id, 'firing')).notification!.alerts[0]!.episode

export const lives = (count: number): Entry[] => {
  const facts: Fact[] = []
  for (let id = 0; facts.length < count; id++) facts.push(...life(id, episodeOf(id)))
  return facts.slice(0, count).map((fact, index) => ({ ...fact, by: 'bench', n: index + 1 }))
}

/** Webhooks as Alertmanager posts them: ten alerts in 9.6 kB. */

const alertsEach = 10
/** Written over to make an alert that nobody has seen. */
const mark = '00000000'

const pad = (text: string, length: number): string => text + 'x'.repeat(Math.max(0, length - text.length))

const alert = (group: number, index: number) => ({
  status: 'firing',
  // In the order of their names, as Go writes them.
  labels: {
    alertname: `HighErrorRate${group % 40}`, cluster: `eu-${group % 7}`, instance: `10.0.${group % 250}.${index}:9100`, job: 'kubernetes-pods',
    namespace: `team-${group % 23}`, pod: `service-${group}-${index}-${mark}`, service: `service-${group}`, severity: 'critical',
  },
  annotations: { summary: pad(`service-${group} answers too many requests with an error`, 180), description: pad('more than 5% of the requests failed over ten minutes', 160) },
  startsAt: '2026-11-22T02:16:39.123Z', endsAt: '0001-01-01T00:00:00Z',
  generatorURL: `http://prometheus.example.org/graph?g0.expr=rate%28http_requests_total%7Bservice%3D%22service-${group}%22%7D%5B10m%5D%29&g0.tab=1`, fingerprint: '59a6cf9b8f0e0d4c',
})

const bodyOf = (group: number): string => JSON.stringify({
  receiver: 'paramedic', status: 'firing', alerts: Array.from({ length: alertsEach }, (_, index) => alert(group, index)),
  groupLabels: { service: `service-${group}` }, commonLabels: { severity: 'critical', service: `service-${group}` }, commonAnnotations: {},
  externalURL: 'http://alertmanager.example.org', version: '4', groupKey: `{}:{service="service-${group}"}`, truncatedAlerts: 0,
})

export interface Template {
  /** The whole request, head and body. */
  readonly bytes: Buffer
  /** Where the eight digits of each alert lie. */
  readonly marks: readonly number[]
}

export const webhookBodies = (count: number): string[] => Array.from({ length: count }, (_, group) => bodyOf(group))

/** Whole requests of HTTP/1.1, to be written as they are. */
export const requests = (count: number, path: string): Template[] => webhookBodies(count).map((body) => {
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`
  const bytes = Buffer.from(head + body)
  const marks: number[] = []
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + mark.length)) marks.push(at)
  return { bytes, marks }
})

let fresh = 10_000_000 + (process.pid % 1000) * 60_000
/** The same request with alerts that nobody has seen. */
export const withNewAlerts = ({ bytes, marks }: Template): Buffer => {
  const copy = Buffer.from(bytes)
  const digits = String(fresh++).padStart(mark.length, '0')
  for (const at of marks) copy.write(digits, at, 'latin1')
  return copy
}

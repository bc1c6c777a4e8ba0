/** The texts of a new runbook: what an alert said and what a person did about it, as comments and fixtures. All of it is somebody else's text. */
import { namedBy } from '../../core/labels.ts'
import { writeTerm } from '../../core/notation.ts'

export interface Incident {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** What people wrote down of how they fixed it. */
  readonly fixed: readonly { readonly who: string; readonly text: string }[]
}

/** What names the target, and whose hands know it by that; the first of these that the alert has. */
const ways = [
  ['service', 'local'], ['namespace/deployment', 'kubernetes'], ['namespace/statefulset', 'kubernetes'], ['node', 'aws-asg'], ['instance/name', 'host'], ['instance', 'host'], ['alertname', 'none'],
] as const

function wayOf({ labels }: Incident): { readonly label: string; readonly provider: string; readonly target: string } {
  const map = new Map(Object.entries(labels))
  const [label, provider] = ways.find(([one]) => namedBy(map, one) !== '') ?? ways.at(-1)!
  return { label, provider, target: namedBy(map, label) }
}

export function scriptText(incident: Incident): string {
  const { label, provider } = wayOf(incident)
  const { labels, annotations, fixed } = incident
  const about = annotations['summary'] ?? annotations['description'] ?? 'no summary'
  const told = fixed.flatMap(({ who, text }) => ['', `Fixed by hand by ${who}:`, ...text.split('\n').map((line) => `  ${line}`)])
  return `/**
${commented([`${labels['alertname'] ?? 'An alert'}: ${about}`, ...(told.length === 0 ? ['', 'Nobody wrote down how it was fixed.'] : told), '', 'What: ', '', 'When: ', '', 'When not: '], ' * ')}
 */
import { minutes, runbook } from 'paramedic'

export default runbook({
  target: '${label}',
  provider: '${provider}',
  // Reads only. What it returns is judged by the policies, and shown to whoever approves.
  plan: ({ target }) => ({ changes: [{ target, from: 'as it is', to: 'fixed' }] }),
  steps: [
    {
      name: 'fix', effect: 'repeatable', timeout: minutes(5),
      run: () => {
${commented(told.slice(2), '        // ')}
        throw new Error('this step is not written yet')
      },
    },
  ],
  healedWithin: minutes(10),
})
`
}

export function trialText(incident: Incident): string {
  const { target } = wayOf(incident)
  const { labels, annotations } = incident
  return `/** The alert as it came, and what is to be done about it. */
import { trial } from 'paramedic'

export default trial({
  alert: {
    labels: ${written(labels)},
    annotations: ${written(annotations)},
  },
  targets: { ${JSON.stringify(target)}: { replicas: 2 } },
  plan: [{ target: ${JSON.stringify(target)}, from: 'as it is', to: 'fixed' }],
  // In its order, such as 'scale.restart web web-1' or '$ systemctl restart -- web'.
  calls: [],
})
`
}

export const policyText = (name: string, incident: Incident): string => `runbook: ${name}
policies:
  - { type: targets, names: [${JSON.stringify(wayOf(incident).target)}] }
  - { type: concurrency, max: 1 }
  - { type: cooldown, for: 10m }
  - { type: attempts, max: 2, in: 2h }
`

/** As YAML: in single quotes, where only the single quote itself means something. */
export const routeLines = (name: string, labels: readonly (readonly [string, string])[]): string[] => [
  `- matchers: [${labels.map(([label, value]) => `'${writeTerm({ name: label, operator: '=', value }).replaceAll("'", "''")}'`).join(', ')}]`,
  `  runbook: ${name}@1`,
  '  mode: approve',
]

/** No text of an alert ends a comment, or moves a cursor. */
const commented = (lines: readonly string[], before: string): string =>
  lines.flatMap((line) => wrapped(line.replaceAll('*/', '* /').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, ' '))).map((line) => `${before}${line}`.trimEnd()).join('\n')

const wrapped = (line: string): string[] => line.slice(0, 4000).match(/.{1,140}(?:\s|$)|.{1,140}/g) ?? ['']

/** `__proto__` is a legal name of a label, and no key to write into a script. */
const written = (record: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.fromEntries(Object.entries(record).filter(([name]) => name !== '__proto__')))

/**
 * What became of a workflow, as a trace of OpenTelemetry: everything is in the state when it ends, so nothing is carried
 * along. The form is OTLP's JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids in hex, times in nanoseconds as text.
 */
import type { Episode, Job, Workflow } from '../core/workflow.ts'
import { rootOf, traceIdOf } from '../core/trace-id.ts'

export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: 1
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[]
  /** 1 is well, 2 is an error. */
  readonly status: { readonly code: 1 | 2; readonly message?: string }
}

const well: ReadonlySet<string> = new Set(['healed', 'completed', 'rehearsed', 'obsolete', 'cancelled'])

/** The alert or the wish at the root, from its first sight to the end; below it each state it was in, and each job. `at`: log time of the end, milliseconds. */
export function traceOf(workflow: Workflow, episode: Episode | undefined, at: number): Span[] {
  const { id, runbook, targets, timeline, steps, route, state, detail } = workflow
  const spans: Span[] = []
  const add = (name: string, from: number, to: number, attributes: Readonly<Record<string, string | undefined>>, failed?: string): void => {
    const root = spans.length === 0
    spans.push({
      traceId: traceIdOf(id), spanId: root ? rootOf(id) : childId(rootOf(id), spans.length), ...(root ? {} : { parentSpanId: rootOf(id) }), name, kind: 1,
      startTimeUnixNano: nanoseconds(from), endTimeUnixNano: nanoseconds(Math.max(from, to)),
      attributes: Object.entries(attributes).flatMap(([key, value]) => (value === undefined || value === '' ? [] : [{ key: `paramedic.${key}`, value: { stringValue: value } }])),
      status: failed === undefined ? { code: 1 } : { code: 2, message: failed },
    })
  }
  const of = { workflow: id, runbook: `${runbook.name}@${runbook.version}`, targets: targets.join(', ') }
  const alertname = episode?.labels.get('alertname')
  add(of.runbook, episode?.firstAt ?? workflow.createdAt, at, { ...of, digest: runbook.digest, route, episode: episode?.id, alertname, state, reason: workflow.reason }, well.has(state) ? undefined : `${state}: ${detail}`)
  timeline.forEach(({ at: from, state: was, reason, detail: why, by }, index) => {
    const next = timeline[index + 1]
    if (next !== undefined) add(was, from, next.at, { reason, detail: why, by })
  })
  for (const step of steps) {
    for (const job of step.jobs) if (job.startedAt !== undefined) add(step.name, job.startedAt, job.endedAt ?? at, { target: job.target, effect: step.effect, job: job.state, claim: job.claim }, failureOf(job))
  }
  return spans
}

const failureOf = ({ state, detail }: Job): string | undefined => (state === 'done' ? undefined : `${state}${detail ? `: ${detail}` : ''}`)

/** Of eight bytes, each its own within the trace. */
const childId = (root: string, index: number): string => `${root.slice(0, 11)}${index.toString(16).padStart(5, '0')}`

const nanoseconds = (ms: number): string => `${BigInt(Math.round(ms)) * 1_000_000n}`

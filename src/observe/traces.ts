/** Sends the trace of each workflow whose end this process wrote to a collector of OpenTelemetry. Traces may be lost, the log is not: what cannot be sent waits in a bounded queue, and then is dropped and counted. */
import type { Entry } from '../core/entry.ts'
import type { State } from '../core/state.ts'
import { isEnd } from '../core/workflow.ts'
import type { Edges } from '../edge/edges.ts'
import { createHttp, httpMeaning } from '../edge/http.ts'
import type { Recorded } from '../log/log.ts'
import { traceOf, type Span } from './trace.ts'

export interface TracesOptions {
  /** Where OTLP is taken by HTTP: `/v1/traces` is added. */
  readonly endpoint: string
  readonly name: string
  readonly version: string
  readonly edges: Edges
  readonly onSent: (outcome: 'sent' | 'dropped', spans: number) => void
}

const gatherMs = 1000
const sendMs = 10_000
const mostSpans = 20_000
const mostAtOnce = 2_000

export function createTraces({ endpoint, name, version, edges, onSent }: TracesOptions) {
  const edge = edges.open('traces', { meaning: httpMeaning })
  const http = createHttp({ sockets: 2 })
  const closed = new AbortController()
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`
  const resource = { attributes: Object.entries({ 'service.name': 'paramedic', 'service.instance.id': name, 'service.version': version }).map(([key, value]) => ({ key, value: { stringValue: value } })) }
  const waiting: Span[] = []
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> | undefined

  const send = async (spans: readonly Span[]): Promise<void> => {
    const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'paramedic', version }, spans }] }] })
    const sent = edge.call({ target: url, effect: 'repeatable', deadlineMs: sendMs, signal: closed.signal, run: (attempt) => http.json({ ...attempt, url, body }) })
    await sent.then(() => onSent('sent', spans.length), () => onSent('dropped', spans.length))
  }
  /** One request at a time: while a collector takes its time, spans wait where their number is bounded. */
  const flush = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    return (sending ??= sendAll().finally(() => (sending = undefined)))
  }
  const sendAll = async (): Promise<void> => {
    while (waiting.length > 0) await send(waiting.splice(0, mostAtOnce))
  }
  return {
    folded: (_: Recorded<Entry>, state: State, mine: boolean): void => {
      if (!mine) return
      for (const { workflow, line } of state.did.moved) {
        if (!isEnd(line.state)) continue
        const spans = traceOf(workflow, workflow.episode === undefined ? undefined : state.episodes.get(workflow.episode), line.at)
        if (waiting.length + spans.length > mostSpans) onSent('dropped', spans.length)
        else waiting.push(...spans)
        timer ??= setTimeout(() => void flush(), gatherMs)
      }
    },
    /** What is left is sent, for as long as `ms` at most. */
    close: async (ms: number): Promise<void> => {
      const late = setTimeout(() => closed.abort(), ms)
      await flush()
      clearTimeout(late)
      http.close()
    },
  }
}
export type Traces = ReturnType<typeof createTraces>

/** A workflow's trace, as a collector of OpenTelemetry gets it over HTTP. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import type { Fact } from '../../src/core/entry.ts'
import { createEdges } from '../../src/edge/edges.ts'
import { usualSettings } from '../../src/edge/settings.ts'
import { traceparentOf } from '../../src/core/trace-id.ts'
import type { Span } from '../../src/observe/trace.ts'
import { createTraces, type Traces } from '../../src/observe/traces.ts'
import { allowing, Story } from '../core/story.ts'

const id = '019ac0de-0000-7000-8000-00000000abcd'

/** Whose process A sends traces. */
class Traced extends Story {
  readonly traces: Traces
  constructor(traces: Traces) {
    super()
    this.traces = traces
  }
  override says(fact: Fact, by = 'A'): this {
    super.says(fact, by)
    this.traces?.folded({ position: this.state.position - 1, at: this.at, entry: { ...fact, by, n: 0 } }, this.state, by === 'A')
    return this
  }
}

const collector = async (status: number) => {
  const bodies: { resourceSpans: { resource: unknown; scopeSpans: { spans: Span[] }[] }[] }[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => (text += chunk))
    request.on('end', () => {
      assert.deepEqual([request.method, request.url, request.headers['content-type']], ['POST', '/v1/traces', 'application/json'])
      bodies.push(JSON.parse(text))
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"partialSuccess":{}}')
    })
  })
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies,
    spans: () => bodies.flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))),
    close: () => server.close(),
  }
}

const told = (story: Traced, failing = false): void => {
  story.says({ kind: 'joined', name: 'a', host: 'h', roles: [], foldVersion: 1 }).says({ kind: 'catalogue announced', catalogue: allowing })
  const workflow = story.workflow({ id, target: 'web', effects: ['repeatable'] })
  story.later(500).decideStart(workflow)
  const claim = story.later(1000).claim(workflow)
  if (failing) story.later(2000).fails(workflow, 0, claim)
  else story.later(2000).done(workflow, 0, claim).later(3000).says({ kind: 'ended', workflow: id, turn: workflow.turn, state: 'healed', reason: 'alert gone', detail: 'it is gone' })
}

/** Takes each request, and answers none before it is told to. */
const slowCollector = async () => {
  const held: (() => void)[] = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => void held.push(() => void response.end('{}')))
  })
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, held,
    close: () => (held.forEach((answer) => answer()), server.close()),
  }
}

const tracesTo = (endpoint: string, sent: unknown[] = []) =>
  createTraces({ endpoint, name: 'one', version: '1.2.3', edges: createEdges({ settings: { ...usualSettings, retry: { ...usualSettings.retry, tries: 1 } } }), onSent: (...outcome) => sent.push(outcome) })

describe('traces', () => {
  test('one trace a workflow: the alert at the root, each state it was in, each job', async (t) => {
    const to = await collector(200)
    t.after(to.close)
    const sent: unknown[] = []
    const traces = tracesTo(to.url, sent)
    told(new Traced(traces))
    await traces.close(5000)
    const spans = to.spans()
    assert.deepEqual(sent, [['sent', spans.length]])
    assert.deepEqual(spans.map(({ name }) => name), ['fix@1', 'planning', 'ready', 'ready', 'running', 'verifying', 'step 1'])
    const [root, ...rest] = spans as [Span, ...Span[]]
    assert.equal(traceparentOf(id), `00-${root.traceId}-${root.spanId}-01`)
    assert.equal(root.traceId, id.replaceAll('-', ''))
    assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length)
    for (const span of spans) assert.match(`${span.traceId} ${span.spanId}`, /^[0-9a-f]{32} [0-9a-f]{16}$/)
    for (const span of rest) {
      assert.deepEqual([span.parentSpanId, span.traceId], [root.spanId, root.traceId])
      assert.ok(BigInt(root.startTimeUnixNano) <= BigInt(span.startTimeUnixNano) && BigInt(span.endTimeUnixNano) <= BigInt(root.endTimeUnixNano), span.name)
    }
    const lasted = ({ startTimeUnixNano, endTimeUnixNano }: Span) => Number((BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1_000_000n)
    assert.equal(lasted(spans.find(({ name }) => name === 'step 1')!), 2001, 'each entry of the story is a millisecond later')
    assert.deepEqual(spans.map(({ status }) => status.code), spans.map(() => 1))
    assert.ok(root.attributes.some(({ key, value }) => key === 'paramedic.state' && value.stringValue === 'healed'))
  })

  test('what failed is an error in its job and at the root; what others ended they send themselves', async (t) => {
    const to = await collector(200)
    t.after(to.close)
    const traces = tracesTo(to.url)
    const story = new Traced(traces)
    told(story, true)
    story.workflow({ id: '019ac0de-0000-7000-8000-00000000abce', target: 'api', startsAt: '2026-01-01T00:00:09Z' })
    story.says({ kind: 'ended', workflow: '019ac0de-0000-7000-8000-00000000abce', turn: story.state.workflows.get('019ac0de-0000-7000-8000-00000000abce')!.turn, state: 'obsolete', reason: 'alert gone', detail: '' }, 'B')
    await traces.close(5000)
    assert.deepEqual(to.spans().filter(({ status }) => status.code === 2).map(({ name }) => name), ['fix@1', 'step 1'])
    assert.deepEqual([...new Set(to.spans().map(({ traceId }) => traceId))], [id.replaceAll('-', '')])
  })

  test('a collector that takes its time is sent one request at a time; beyond what may wait, spans are dropped and counted', async (t) => {
    const to = await slowCollector()
    t.after(to.close)
    const sent: [string, number][] = []
    const traces = tracesTo(to.url, sent)
    const story = new Traced(traces)
    told(story)
    while (to.held.length === 0) await new Promise((done) => setTimeout(done, 50)) // the first request is on its way
    const ended = story.state.workflows.get(id)!
    const again = { workflow: ended, line: ended.timeline.at(-1)! }
    const dropped = () => sent.reduce((sum, [outcome, spans]) => sum + (outcome === 'dropped' ? spans : 0), 0)
    let all = 7
    const end = () => traces.folded({ position: 0, at: 0, entry: { kind: 'printed', by: 'A', n: 0 } as never }, { ...story.state, did: { ...story.state.did, moved: [again] } }, true)
    for (; all < 24_000; all += 7) end()
    await new Promise((done) => setTimeout(done, 1500)) // longer than spans are gathered
    assert.equal(to.held.length, 1)
    for (; all < 28_000; all += 7) end()
    assert.ok(dropped() >= 8000 - 7, `${dropped()} of ${all} were dropped`)
    await traces.close(10)
  })

  test('a collector that refuses costs its spans and nothing else', async (t) => {
    const to = await collector(500)
    t.after(to.close)
    const sent: [string, number][] = []
    const traces = tracesTo(to.url, sent)
    told(new Traced(traces))
    await traces.close(5000)
    assert.deepEqual(sent.map(([outcome]) => outcome), ['dropped'])
  })
})

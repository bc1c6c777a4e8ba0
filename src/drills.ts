/**
 * Drills: what must work in need is rehearsed while real work goes on, on things that are nobody's. A drill ends in an entry,
 * so that everybody sees when it was last done and how it went.
 */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Drill, Drilled, Fact } from './core/entry.ts'
import { createEdges } from './edge/edges.ts'
import { EdgeError } from './edge/error.ts'
import type { EdgeSettings } from './edge/settings.ts'
import { realClock, until } from './log/clock.ts'
import type { Parts } from './main.ts'
import { boottimeMs } from './runner/boottime.ts'
import type { Jobs } from './runner/jobs.ts'

export interface DrillOptions {
  readonly parts: Pick<Parts, 'state' | 'append' | 'folded' | 'pullStop' | 'liftStop' | 'runners' | 'proofs' | 'jobs'>
  readonly stateDirectory: string
  readonly edges: EdgeSettings
}

type Outcome = Pick<Drilled, 'ok' | 'detail' | 'survivors'>

const standsWithinMs = 15_000
const provedWithinMs = 10_000

export const createDrills = (options: DrillOptions) => {
  const drills: Readonly<Record<Drill, (who: string, options: DrillOptions) => Promise<Outcome>>> = { stop: drillStop, breaker: drillBreaker, duplicates: drillDuplicates }
  return async (drill: Drill, who: string): Promise<Drilled> => {
    const began = performance.now()
    const outcome = await drills[drill](who, options).catch((problem: unknown): Outcome => ({ ok: false, detail: problem instanceof Error ? problem.message : String(problem), survivors: 0 }))
    const drilled: Drilled = { kind: 'drilled', drill, who, tookMs: Math.round(performance.now() - began), ...outcome }
    await options.parts.folded(await options.parts.append([drilled]))
    return drilled
  }
}

/** Ignores TERM, with one child that leaves the session and another that forgets where it came from: what the worst runbook leaves behind. */
const tree = `export default {
  target: 'drill', plan: () => ({ changes: [] }),
  steps: [{ name: 'grow', effect: 'repeatable', timeout: 60000, run: ({ $, labels }) => $\`trap '' TERM HUP INT
    setsid bash -c 'trap "" TERM HUP INT; sleep 60 & wait' &
    env -i setsid bash -c 'trap "" TERM; sleep 60 & wait' &
    touch \${labels.file}; sleep 60\` }],
}
`

const drillStop = async (who: string, { parts, stateDirectory }: DrillOptions): Promise<Outcome> => {
  const jobs = parts.jobs()
  if (!jobs) return { ok: false, detail: 'this process runs nothing: ask one with the role run', survivors: 0 }
  const id = `drill-${randomUUID()}`
  try {
    const isUp = growTree(jobs, id, join(stateDirectory, 'drill'))
    if (!(await until(realClock, isUp, standsWithinMs))) return { ok: false, detail: `the tree did not come up within ${standsWithinMs / 1000} s`, survivors: 0 }
    return await stopTree(jobs, id, who, parts)
  } finally {
    await jobs.kill([id], 'the drill is over')
    jobs.release(id)
  }
}

/** Whether it has come up is told by a file. What a drill before it left in the folder is gone. */
const growTree = (jobs: Jobs, id: string, folder: string): (() => boolean) => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const [script, file] = [join(folder, 'tree.js'), join(folder, 'up')]
  writeFileSync(script, tree)
  jobs.start({
    id, workflow: id, script, digest: createHash('sha256').update(tree).digest('hex'), phase: 'step', step: 0, timeoutMs: 60_000, memoryMb: 64, notAfterBoottimeMs: boottimeMs() + 1500,
    input: { target: 'drill', targets: ['drill'], params: {}, labels: { file }, plan: { digest: '', changes: [], notes: null } },
  }, async () => null)
  return () => existsSync(file)
}

/** A stop that covers nothing but the drill: pulled, obeyed by every runner, and the tree dead, in the way of a real one. */
const stopTree = async (jobs: Jobs, id: string, who: string, parts: DrillOptions['parts']): Promise<Outcome> => {
  const began = performance.now()
  const [{ id: stop }, killed] = await Promise.all([parts.pullStop({ matchers: ['runbook="paramedic drill"'], effect: 'kill', who, why: 'a drill: nothing is wrong' }), jobs.kill([id], 'a drill')])
  const killedMs = Math.max(0, ...killed.map(({ tookMs }) => tookMs))
  const answered = (): Set<string> => new Set([...(parts.state.stops.get(stop)?.acknowledgements ?? []), ...parts.proofs.of(stop)].map(({ runner }) => runner))
  const missing = () => parts.runners().filter((runner) => !answered().has(runner.id))
  await until(realClock, () => missing().length === 0, provedWithinMs)
  const provedMs = Math.round(performance.now() - began)
  const left = missing().map(({ name }) => name)
  await parts.liftStop(stop, who, 'the drill is over')
  const [processes, survivors] = [killed.reduce((sum, one) => sum + one.processes, 0), killed.reduce((sum, one) => sum + one.survivors, 0)]
  const proof = left.length > 0 ? `NO ANSWER FROM ${left.join(', ')} within ${provedWithinMs / 1000} s` : `${answered().size} runners answered within ${provedMs} ms`
  return { ok: left.length === 0 && survivors === 0 && processes > 0, detail: `${processes} processes killed in ${Math.round(killedMs)} ms, ${proof}`, survivors }
}

/** An edge of its own with the numbers of all edges, but for a pause that is short. */
const drillBreaker = async (_: string, { edges }: DrillOptions): Promise<Outcome> => {
  const edge = createEdges({ settings: { ...edges, mode: 'on', breaker: { ...edges.breaker, openMs: pauseMs, jitterMs: 0 } } }).open('drill', { meaning: () => 'fault' })
  let calls = 0
  let well = false
  const tryOnce = (): Promise<unknown> => edge.call({
    effect: 'once', signal: new AbortController().signal, deadlineMs: 1000, target: 'drill',
    run: async () => {
      calls++
      if (!well) throw new Error('a drill')
    },
  }).catch((problem: unknown) => problem)
  let refused: unknown
  for (let n = 0; n < mostCalls && !isOpen(refused); n++) refused = await tryOnce()
  const failures = calls
  if (!isOpen(refused)) return { ok: false, detail: `it let ${failures} failing calls through and did not open`, survivors: 0 }
  await tryOnce()
  if (calls !== failures) return { ok: false, detail: `it opened after ${failures} failures and let another call through`, survivors: 0 }
  well = true
  await sleep(2 * pauseMs)
  const probe = await tryOnce()
  const closed = probe === undefined && calls === failures + 1
  return { ok: closed, detail: closed ? `it opened after ${failures} failures, called nobody, and one call closed it again` : `it opened after ${failures} failures and did not close again`, survivors: 0 }
}
const isOpen = (problem: unknown): boolean => problem instanceof EdgeError && problem.name === 'BreakerOpen'
const pauseMs = 300
const mostCalls = 2000

/** An alert that is over already, told of by many at once: one episode, answered once. */
const drillDuplicates = async (who: string, { parts: { append, folded, state } }: DrillOptions): Promise<Outcome> => {
  const id = randomUUID()
  const now = new Date().toISOString()
  const payload = {
    version: '4', groupKey: `drill:${id}`, truncatedAlerts: 0, status: 'resolved', receiver: 'drill', groupLabels: {}, commonLabels: {}, commonAnnotations: {}, externalURL: 'http://drill',
    alerts: [{ status: 'resolved', labels: { alertname: 'ParamedicDrill', drill: id }, annotations: {}, startsAt: now, endsAt: now, generatorURL: '', fingerprint: '' }],
  }
  const fact: Fact = { kind: 'received', source: 'alertmanager', payload, sender: who }
  await folded(Math.max(...await Promise.all(Array.from({ length: copies }, () => append([fact])))))
  const found = [...state.episodes.values()].filter(({ labels }) => labels.get('drill') === id)
  const ok = found.length === 1 && found[0]!.answer !== undefined
  return { ok, detail: `${copies} notifications of one alert: ${found.length} episode${found.length === 1 ? '' : 's'}, ${ok ? 'answered once' : 'which is wrong'}`, survivors: 0 }
}
const copies = 50

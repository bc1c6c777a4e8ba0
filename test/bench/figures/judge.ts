/** What a plan's judgement against thirty policies costs, with so many recorded starts behind it; and that it is the same behind many more. */
import type { Catalogue, PolicyEntry } from '../../../src/core/catalogue.ts'
import { grant } from '../../../src/core/counter.ts'
import { judge } from '../../../src/core/decide.ts'
import { initialState, type State } from '../../../src/core/state.ts'
import type { Workflow } from '../../../src/core/workflow.ts'
import type { Figure, Sample } from '../figure.ts'

const hourMs = 3_600_000
const at = 100 * hourMs
const counting: readonly (readonly [type: string, settings: Record<string, unknown>])[] = [
  ['rate', { max: 1_000_000, per: '1d' }], ['rate', { max: 1_000_000, per: '1h', by: 'target' }], ['rate', { max: 1_000_000, per: '1d', by: 'all' }], ['cooldown', { for: '1s' }], ['attempts', { max: 1_000_000, in: '1d' }],
  ['caps', { max: 1_000_000, per: '1d' }], ['concurrency', { max: 100 }], ['error-budget', { max: 1_000_000, in: '6h' }], ['breaker', { max: 1_000_000, in: '1d' }], ['targets', { names: ['web'] }],
]
/** Thirty of them: each of these three times, under a name of its own. */
const policies: readonly PolicyEntry[] = Array.from({ length: 30 }, (_, n) => {
  const [type, settings] = counting[n % counting.length]!
  return { type, name: `${type} ${n}`, settings, source: `p:${n}` }
})
const catalogue: Catalogue = { digest: 'c', routes: [], runbooks: {}, policies: { fix: policies } }

const workflow = {
  id: 'w', runbook: { name: 'fix', version: 1, digest: 'd' }, provider: 'local', labels: new Map([['service', 'web']]), targets: ['web'], mode: 'auto', turn: 2, manifest: [], approvals: [], timeline: [],
  plan: { digest: 'p', targets: [{ name: 'web', id: 'web' }], changes: [{ target: 'web', id: 'web', from: 2, to: 3 }], observed: [{ name: 'size', target: 'web', value: { replicas: 2, ready: 2 }, readAt: at }] },
} as unknown as Workflow

/** A log on which this was started so often, evenly over the last day but for the last minute, on a fleet of fifty. */
const behind = (starts: number): State => {
  const state = Object.assign(initialState(), { at })
  const takes = judged(state).takes
  if (takes.length < policies.length) throw new Error('not every policy counts')
  for (let n = 0; n < starts; n++) {
    const when = at - 60_000 - (24 * hourMs * (starts - n)) / starts
    state.at = when
    for (const take of takes) if (take.window !== 'until end' && take.window !== 'until cleared' && take.window.from === undefined) grant(state, take.values ? { ...take, values: [`web-${n % 50}`] } : take, when, `s-${n}`)
  }
  return Object.assign(state, { at })
}
const judged = (state: State) => judge({ state, workflow, plan: workflow.plan!, catalogue, at, canKill: true, forceDryRun: false })

const times = 2000
/** The processor's time, so that who else is at work does not count. */
const micros = (state: State): number => {
  const began = process.cpuUsage()
  for (let n = 0; n < times; n++) judged(state)
  const { user, system } = process.cpuUsage(began)
  return (user + system) / times
}

export const figure: Figure = {
  rows: [
    { name: 'judge, 30 policies', what: 'judging a plan against 30 policies with 10,000 recorded starts', unit: 'µs', goal: { atMost: 50 }, absolute: true },
    { name: 'judge, flat', what: 'the same with 100,000 starts ÷ with 100', unit: 'µs', goal: { atMost: 2 } },
  ],
  open: async () => {
    const [few, usual, many] = [100, 10_000, 100_000].map(behind) as [State, State, State]
    for (const state of [few, usual, many]) {
      const { outcome, detail } = judged(state)
      if (outcome !== 'start') throw new Error(`it is to start, and is ${outcome}: ${detail}`)
      micros(state)
    }
    return {
      round: async (): Promise<readonly Sample[]> => [{ ours: micros(usual), limit: 1 }, { ours: micros(many), limit: micros(few) }],
      close: async () => {},
    }
  },
}

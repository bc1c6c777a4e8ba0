/**
 * Whether an entry costs the same however much the state holds; and a turn of the loop, which looks for what is due after
 * each batch. Both at 100,000 open episodes against at 100, in many short turns of which the median counts: what else the
 * machine does in between is in neither.
 */
import { alertsDue, judgementsDue, plansDue, questionsDue, stepsDue, verificationsDue } from '../../../src/core/due.ts'
import type { Fact } from '../../../src/core/entry.ts'
import { evolve } from '../../../src/core/evolve.ts'
import { heartbeatsDue } from '../../../src/core/heartbeats.ts'
import { sendingsDue } from '../../../src/notify/due.ts'
import { initialState, type State } from '../../../src/core/state.ts'
import type { Figure } from '../figure.ts'
import { webhookBodies } from '../load/bodies.ts'

const pieces = 41
const entries = 100
const turns = 1000
const few = 100
const many = 100_000

/** A state with so many open episodes, each answered, and a tenth as many calls to people, whom nobody answered yet. */
const stateWith = (episodes: number): State => {
  const state = initialState()
  const bodies = webhookBodies(Math.ceil(episodes / 10)).map((body) => JSON.parse(body) as unknown)
  for (const payload of bodies) fold(state, { kind: 'received', source: 'alertmanager', payload })
  for (const id of [...state.unanswered.keys()]) fold(state, { kind: 'unmatched', episodes: [id], reason: 'no route', detail: 'no route knows it', tell: false, route: '' })
  for (let call = 0; call < episodes / 10; call++) {
    fold(state, { kind: 'catalogue refused', problems: [`problem ${call}`] })
    fold(state, { kind: 'message sent', notice: `catalogue:problem ${call}`, revision: 1, channel: 'C', ts: '1', rang: true })
  }
  return state
}

let n = 0
const fold = (state: State, fact: Fact): void => void evolve(state, { position: state.position, at: state.at + 1, entry: { ...fact, by: 'bench', n: ++n } })

const payloads = webhookBodies(10).map((body) => JSON.parse(body) as unknown)

const microseconds = (times: number, work: (index: number) => void): number => {
  const began = performance.now()
  for (let index = 0; index < times; index++) work(index)
  return (performance.now() - began) * 1000 / times
}

/** In turns, so that both see the same machine. */
const medians = (limit: () => number, ours: () => number): { limit: number; ours: number } => {
  const all = Array.from({ length: pieces }, () => [limit(), ours()] as const)
  const median = (of: 0 | 1): number => all.map((pair) => pair[of]).sort((a, b) => a - b)[pieces >> 1]!
  return { limit: median(0), ours: median(1) }
}

const turn = (state: State): void => {
  const seat = { me: 'bench', live: ['bench'], now: state.at }
  alertsDue(state, seat, 2000)
  plansDue(state, seat)
  judgementsDue(state, seat)
  questionsDue(state, seat, 3_600_000)
  stepsDue(state, seat)
  verificationsDue(state, seat)
  heartbeatsDue(state, seat, 0)
  sendingsDue(state, seat, { channel: 'C', gatherMs: 2000, remindAfterMs: 900_000, announce: 'start' })
}

export const figure: Figure = {
  rows: [
    { name: 'fold', what: 'fold: cost of an entry at 100k open episodes ÷ at 100', unit: 'µs', goal: { atMost: 1.3 } },
    { name: 'turn', what: 'look for what is due at 100k open episodes ÷ at 100', unit: 'µs', goal: { atMost: 1.3 } },
  ],
  open: async () => {
    const [small, large] = [stateWith(few), stateWith(many)]
    const entry = (state: State): number => microseconds(entries, (index) => fold(state, { kind: 'received', source: 'alertmanager', payload: payloads[index % payloads.length] }))
    return {
      round: async () => [
        medians(() => entry(small), () => entry(large)),
        medians(() => microseconds(turns, () => turn(small)), () => microseconds(turns, () => turn(large))),
      ],
      close: async () => {},
    }
  },
}

/** How stops end by themselves, and what becomes of what they held. */
import { covering } from './fold/stops.ts'
import { isMyTurn, type Seat } from './seat.ts'
import type { State, Stop } from './state.ts'
import { isEnd, type Workflow } from './workflow.ts'

/** When it lifts itself, in log time. A kill never does, whatever was said with it. */
export const liftsAt = ({ effect, forMs, at }: Pick<Stop, 'effect' | 'forMs' | 'at'>): number | undefined =>
  (effect === 'pause' && forMs !== undefined ? at + forMs : undefined)

/** Pauses whose time is over. */
export const liftsDue = (state: State, seat: Seat): Stop[] =>
  [...state.inForce].filter((stop) => {
    const over = liftsAt(stop)
    return over !== undefined && over <= seat.now && isMyTurn(stop.id, over, seat)
  })

/** What a stop that is over had held for so long that what it was about is another story by now. */
export const staleDue = (state: State, seat: Seat, staleAfterMs: number): Workflow[] =>
  (['planning', 'ready', 'waiting'] as const).flatMap((name) => [...state.live.get(name)!])
    .filter((workflow) => seat.now - workflow.createdAt > staleAfterMs && !workflow.started && covering(state, workflow).length === 0 && wasHeld(state, workflow, staleAfterMs) && isMyTurn(workflow.id, workflow.startableAt, seat))

const wasHeld = (state: State, { id, createdAt }: Workflow, forMs: number): boolean =>
  [...state.stops.values()].some(({ lifted, at, held }) => lifted !== undefined && lifted.at - Math.max(at, createdAt) > forMs && held.includes(id))

/** What became of what a stop held, by the words of the report, each with how many: `ran`, the ends without a run, and what still waits, by its reason. */
export const became = (state: State, held: readonly string[]): [word: string, count: number][] => {
  const counts = new Map<string, number>()
  for (const id of held) {
    const word = wordOf(state, state.workflows.get(id))
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].sort(([a], [b]) => order(a) - order(b))
}

const wordOf = (state: State, workflow: Workflow | undefined): string => {
  if (workflow === undefined) return 'forgotten'
  const { started, reason } = workflow
  if (started) return 'ran'
  if (isEnd(workflow.state)) return workflow.state
  if (covering(state, workflow).length > 0) return 'still stopped'
  if (workflow.state === 'waiting' || workflow.state === 'asking') return `still ${workflow.state}${reason === undefined ? '' : `: ${reason}`}`
  return judging
}

/** Not judged yet. */
export const judging = 'being judged'

const words = ['ran', 'obsolete', 'expired', 'refused']
/** As they are told: what is over first. */
const order = (word: string): number => (words.includes(word) ? words.indexOf(word) : word === judging ? words.length + 2 : word.startsWith('still') ? words.length + 1 : words.length)

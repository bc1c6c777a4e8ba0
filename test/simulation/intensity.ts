import type { Dice } from './dice.ts'

export const killAfterMs = 6_000
export const lostAfterMs = 16_000
/** Faults happen until then; what follows is quiet. */
export const troubledMs = 45_000

/** How much of each trouble this seed brings. */
export interface Intensity {
  servers: number
  /** One process whose log is its own, as with SQLite. */
  embedded: boolean
  alerts: number
  slowness: number
  crashes: number
  pauses: number
  freezes: number
  suspensions: number
  spawnerDeaths: number
  cuts: number
  controlCuts: number
  clockJumps: number
  stops: number
  catalogues: number
  skewMs: number
  /** Of appends, in milliseconds and as chances. */
  delayMs: number
  controlDelayMs: number
  unreliable: number
}

export const intensityOf = (dice: Dice): Intensity => {
  const some = (chance: number, most: number): number => (dice.chance(chance) ? dice.whole(1, most) : 0)
  return {
    servers: dice.pick([3, 3, 3, 4, 5]), embedded: dice.chance(0.08), alerts: dice.whole(4, 12), slowness: dice.pick([0.05, 0.2, 0.5]),
    crashes: some(0.6, 3), pauses: some(0.5, 3), freezes: some(0.4, 2), suspensions: some(0.2, 1), spawnerDeaths: some(0.25, 1), cuts: some(0.4, 2), controlCuts: some(0.4, 2),
    clockJumps: some(0.3, 2), stops: some(0.7, 3), catalogues: some(0.3, 2), skewMs: dice.chance(0.5) ? 2000 : 0,
    delayMs: dice.pick([5, 30, 200, 1500]), controlDelayMs: dice.pick([5, 30, 200, 1200]), unreliable: dice.pick([0, 0.02, 0.1]),
  }
}

import { Dice } from './dice.ts'

export const killAfterMs = 6_000
export const watchEveryMs = 3_000
export const lostAfterMs = 16_000
/** Faults happen until then; what follows is quiet. */
export const troubledMs = 45_000

/** How much of each trouble this seed brings. */
export interface Intensity {
  servers: number
  /** One process whose log is its own, as with SQLite. */
  embedded: boolean
  /** One of the servers runs nothing: it takes alerts, decides and tells. */
  watcher: boolean
  alerts: number
  sizes: number
  slowness: number
  /** How often a script fails. */
  failures: number
  crashes: number
  pauses: number
  freezes: number
  suspensions: number
  spawnerDeaths: number
  /** Processes that die with a claim on its way, which lands when they are long lost. */
  lateClaims: number
  cuts: number
  controlCuts: number
  clockJumps: number
  stops: number
  /** Stops that say how long they stand: a pause lifts itself then, a kill does not. */
  timedStops: number
  catalogues: number
  /** How often a person changes a service by hand. */
  hands: number
  skewMs: number
  /** Of appends, in milliseconds and as chances. */
  delayMs: number
  controlDelayMs: number
  /** From the log to whoever reads it. */
  readMs: number
  /** How often an append comes to a standstill, and everything behind it. */
  stalls: number
  stallMs: number
  unreliable: number
}

const some = (chance: number, most: number) => (dice: Dice): number => (dice.chance(chance) ? dice.whole(1, most) : 0)
const one = <T>(...of: readonly T[]) => (dice: Dice): T => dice.pick(of)

const drawn: { readonly [Name in keyof Intensity]: (dice: Dice) => Intensity[Name] } = {
  servers: one(3, 3, 3, 4, 5), embedded: (dice) => dice.chance(0.08), watcher: (dice) => dice.chance(0.2), alerts: (dice) => dice.whole(4, 12), sizes: some(0.5, 4), slowness: one(0.05, 0.2, 0.5), failures: () => 0.04,
  crashes: some(0.6, 3), pauses: some(0.5, 3), freezes: some(0.4, 2), suspensions: some(0.2, 1), spawnerDeaths: some(0.25, 1), lateClaims: some(0.2, 1),
  cuts: some(0.4, 2), controlCuts: some(0.4, 2), clockJumps: some(0.3, 2), stops: some(0.7, 3), timedStops: some(0.25, 2), catalogues: some(0.3, 2), hands: some(0.5, 3), skewMs: one(0, 2000),
  delayMs: one(5, 30, 200, 1500), controlDelayMs: one(5, 30, 200, 1200), readMs: one(3, 15, 100, 750), unreliable: one(0, 0.02, 0.1), stalls: one(0, 0.001, 0.005), stallMs: () => 15_000,
}

/** Each has dice of its own: one trouble more changes none of the others. */
export const intensityOf = (seed: number): Intensity =>
  Object.fromEntries(Object.entries(drawn).map(([name, draw]) => [name, draw(new Dice(seed, `intensity ${name}`))])) as unknown as Intensity

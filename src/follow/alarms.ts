/** What nobody would see before it is too late: a lease that is about to run out, a log whose clock went back, and one that is too new for us. */
import type { Actor } from './follower.ts'

/** Far above what an election of Kafka's takes as a rule, and half of what ends a process. */
const oldTickMs = 15_000
const clockBehindMs = 5000

export interface AlarmsOptions {
  readonly notify: (text: string) => void
  readonly tickAgeMs: () => number
  readonly killAfterMs: number
  /** See `State.unknownEntry`. */
  readonly unknownEntry: () => string | undefined
}

export const createAlarms = ({ notify, tickAgeMs, killAfterMs, unknownEntry }: AlarmsOptions) => {
  let old = false
  let unknown = false
  let behind = false
  return {
    act: (() => {
      if (!unknown && unknownEntry() !== undefined) {
        unknown = true
        notify(`this server is older than its log, and does not know \`${unknownEntry()}\`: it takes alerts and obeys stops, and decides and starts nothing (protocol rule 10). Start the newer version here.`)
      }
      const ageMs = tickAgeMs()
      if (!Number.isFinite(ageMs) || ageMs > oldTickMs === old) return
      old = !old
      notify(old
        ? `the last tick that came back was sent ${Math.round(ageMs / 1000)} s ago: nothing new is started here, and after ${killAfterMs / 1000} s what runs is killed (protocol rules 2 and 6). Look at the log: on Kafka an election may take 22 s.`
        : 'ticks come back again')
    }) satisfies Actor,
    /** `at` of an entry that was folded, and the log time that it left. */
    folded: (at: number, logTime: number): void => {
      if (logTime - at > clockBehindMs === behind) return
      behind = !behind
      notify(behind
        ? `the clock of the log went back by ${Math.round((logTime - at) / 1000)} s: until it has caught up, log time stands still, and with it every wait and window (protocol rule 8). Look at the clocks of the brokers.`
        : 'the clock of the log has caught up')
    },
  }
}

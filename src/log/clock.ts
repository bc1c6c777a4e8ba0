/** Time as the log's parts use it, handed in so that a simulation can own it. */
export interface Clock {
  /** Milliseconds since 1970: what entries are stamped with. */
  now(): number
  /** Milliseconds that never go back: what deadlines are measured with. */
  steady(): number
  /** Runs `act` after `ms`. What it returns calls it off. */
  after(ms: number, act: () => void): () => void
}

export const realClock: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
}

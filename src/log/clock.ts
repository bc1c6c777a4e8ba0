/** Time as the log's parts use it, handed in so that a simulation can own it. */
export interface Clock {
  /** Milliseconds since 1970: what entries are stamped with. */
  now(): number
  /** Milliseconds that never go back: what deadlines are measured with. */
  steady(): number
  /** Runs `act` after `ms`. What it returns calls it off. */
  after(ms: number, act: () => void): () => void
}

/** Runs `act` every `ms`, until what it returns is called. */
export const every = (clock: Clock, ms: number, act: () => void): (() => void) => {
  let cancel = clock.after(ms, function again() {
    cancel = clock.after(ms, again)
    act()
  })
  return () => cancel()
}

/** Polls `check` until it is true or the time is up. */
export const until = async (clock: Clock, check: () => boolean, withinMs: number, everyMs = 5): Promise<boolean> => {
  const over = clock.steady() + withinMs
  while (!check()) {
    if (clock.steady() > over) return false
    await new Promise<void>((resolve) => void clock.after(everyMs, resolve))
  }
  return true
}

export const realClock: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
}

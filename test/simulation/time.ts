/** Virtual time: events in order, each run to the end of its promises before the next. A run of minutes takes milliseconds. */

interface Event {
  readonly at: number
  readonly n: number
  act: (() => void) | undefined
}

/** So many events are handed to the machine at once; promises are settled between any two of them. */
const atOnce = 512

export class Time {
  /** Milliseconds since the run began: the true time, which no process knows. */
  now = 0
  readonly #heap: Event[] = []
  #n = 0

  after(ms: number, act: () => void): () => void {
    const event: Event = { at: this.now + Math.max(0, ms), n: this.#n++, act }
    this.#push(event)
    return () => (event.act = undefined)
  }

  /** Until `over` says so, or nothing is left to happen. */
  run(over: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let ended = false
    const one = (): void => {
      if (ended) return
      try {
        ended = over() || !this.#step()
        if (ended) resolve()
      } catch (problem) {
        ended = true
        reject(problem as Error)
      }
    }
    const many = (): void => {
      for (let i = 0; i < atOnce; i++) setImmediate(one)
      setImmediate(() => ended || many())
    }
    many()
    return promise
  }

  #step(): boolean {
    for (let event = this.#pop(); event; event = this.#pop()) {
      if (!event.act) continue
      this.now = event.at
      event.act()
      return true
    }
    return false
  }

  #push(event: Event): void {
    const heap = this.#heap
    let place = heap.push(event) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (before(heap[parent]!, event)) break
      heap[place] = heap[parent]!
      place = parent
    }
    heap[place] = event
  }

  #pop(): Event | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (!first || !last || heap.length === 0) return first
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (before(last, heap[child]!)) break
      heap[place] = heap[child]!
      place = child
    }
    heap[place] = last
    return first
  }
}

const before = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.n < b.n)

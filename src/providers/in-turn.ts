/** Changes of one target go one after the other, for outsides that cannot compare and set by themselves. */
export class InTurn {
  readonly #last = new Map<string, Promise<void>>()

  run<T>(target: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const mine = (this.#last.get(target) ?? Promise.resolve()).then(() => {
      signal.throwIfAborted()
      return work()
    })
    const over = mine.then(() => undefined, () => undefined)
    this.#last.set(target, over)
    void over.then(() => {
      if (this.#last.get(target) === over) this.#last.delete(target)
    })
    return mine
  }
}

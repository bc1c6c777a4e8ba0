/** Those who wait for the next entry. */
export class Waiting {
  readonly #waiting = new Set<() => void>()

  /** Resolves at the next `wake`, or when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', go)
        this.#waiting.delete(go)
        resolve()
      }
      if (signal.aborted) return resolve()
      signal.addEventListener('abort', go)
      this.#waiting.add(go)
    })
  }

  wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const go of waiting) go()
  }
}

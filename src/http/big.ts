/** Large bodies one after another, with room for everybody else between any two pieces of work on the main thread. */
import { later, Refusal } from './errors.ts'

export const bigBytes = 256 * 1024

export class Turns {
  readonly #most: number
  readonly #waiting: (() => void)[] = []
  #taken = false

  constructor(most: number) {
    this.#most = most
  }

  get waiting(): number {
    return this.#waiting.length
  }

  async run<T>(work: (pause: () => Promise<void>) => Promise<T>): Promise<T> {
    if (this.#taken) {
      if (this.#waiting.length >= this.#most) throw new Refusal('QUEUE_FULL', 'Too many large bodies wait.', { headers: later() })
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#taken = true
    try {
      return await work(pause)
    } finally {
      await pause()
      const next = this.#waiting.shift()
      if (next === undefined) this.#taken = false
      else next()
    }
  }
}

/** Twice: whatever was ready to be read meanwhile is read, and what that led to is done. */
const pause = async (): Promise<void> => {
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve))
}

const maxDepth = 64
const bytesPerContainer = 24

/**
 * A hostile body of brackets alone would become a hundred times its size in memory. Bytes are looked at once, without
 * parsing: brackets and braces that are not in a text.
 */
export function checkStructure(body: Buffer): void {
  const most = body.length / bytesPerContainer
  let depth = 0
  let count = 0
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]
    if (byte === 0x22) {
      for (i++; i < body.length && body[i] !== 0x22; i++) if (body[i] === 0x5c) i++
    } else if (byte === 0x5b || byte === 0x7b) {
      depth++
      count++
      if (depth > maxDepth || count > most) throw new Refusal('BAD_JSON', 'The body is nested in a way that no notification is.')
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--
    }
  }
}

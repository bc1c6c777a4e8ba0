/**
 * What this process appended and has not read back yet, by its very text: where Kafka brings that text, the entry is at
 * hand and need not be parsed a second time. Each is handed out once.
 */
import type { Codec } from './log.ts'

/** What never comes back makes room for what is newer. */
const MAX_CHARACTERS = 16_000_000

export class Own<E> {
  readonly #codec: Codec<E>
  readonly #entries = new Map<string, E>()
  #characters = 0

  constructor(codec: Codec<E>) {
    this.#codec = codec
  }

  keep(text: string, entry: E): void {
    if (this.#codec.isSame?.(entry) !== true || this.#entries.has(text)) return
    this.#entries.set(text, entry)
    this.#characters += text.length
    for (const oldest of this.#entries.keys()) {
      if (this.#characters <= MAX_CHARACTERS) return
      this.#forget(oldest)
    }
  }

  read(text: string): E {
    const own = this.#entries.get(text)
    if (own === undefined) return this.#codec.decode(text)
    this.#forget(text)
    return own
  }

  #forget(text: string): void {
    this.#entries.delete(text)
    this.#characters -= text.length
  }
}

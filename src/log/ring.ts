/**
 * Memory that the main thread and the committing thread share: batches are written into it one after the other, round
 * and round, and committed from where they lie. It also is what followers at the end read from. Nothing is allocated
 * per batch: buffers that live for some commits would wear out the garbage collector (half the cost of an append).
 */
const capacity = 4_194_304

/** A place for one batch. `address` only grows; the place is overwritten when the ring has come round to it. */
export interface Place {
  readonly address: number
  readonly offset: number
  readonly size: number
}

export class Ring {
  readonly shared = new SharedArrayBuffer(capacity)
  #head = 0

  /** Undefined if there is no room without overwriting `keepFrom` or what came after it. */
  reserve(size: number, keepFrom = Infinity): Place | undefined {
    const left = capacity - this.#head % capacity
    const address = this.#head + (size > left ? left : 0)
    if (size > capacity / 2 || address + size - capacity > keepFrom) return undefined
    this.#head = address + size
    return { address, offset: address % capacity, size }
  }

  /** Where the next batch goes, at the earliest. */
  get head(): number {
    return this.#head
  }

  /** What lies below is overwritten. */
  get oldest(): number {
    return this.#head - capacity
  }

  bytes({ offset, size }: Place): Buffer<SharedArrayBuffer> {
    return Buffer.from(this.shared, offset, size)
  }
}

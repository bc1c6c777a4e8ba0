/** Chance by seed. Every concern has dice of its own, so that one more throw here changes nothing there. */
import { uuidv7 } from '../../src/core/uuid.ts'
import { seeded } from '../../src/log/memory-faults.ts'

export class Dice {
  readonly next: () => number

  constructor(seed: number, concern: string) {
    let hash = seed | 0
    for (let i = 0; i < concern.length; i++) hash = Math.imul(hash ^ concern.charCodeAt(i), 0x5bd1e995) + i
    this.next = seeded(hash ^ (hash >>> 15))
    this.next()
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low)
  }

  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1))
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!
  }

  id(ms: number): string {
    return uuidv7(ms, Uint8Array.from({ length: 10 }, () => this.whole(0, 255)))
  }
}

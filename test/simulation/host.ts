/**
 * A process in the simulated world: its clocks, and the gate through which everything from outside reaches it. While it
 * is frozen nothing does, its own timers neither; all of it comes at the thaw, in order. When it is dead nothing ever does.
 */
import type { Clock } from '../../src/log/clock.ts'
import type { Time } from './time.ts'

export const epochMs = Date.UTC(2026, 10, 22)

export interface Machine {
  readonly name: string
  /** What its clocks show more than the true time. The steady one is nobody else's to compare with. */
  readonly steadyOffsetMs: number
  wallOffsetMs: number
}

export class Host implements Clock {
  readonly machine: Machine
  readonly #time: Time
  #dead = false
  #frozen = false
  #waiting: (() => void)[] = []
  readonly #onDeath: (() => void)[] = []
  /** Cut off from the log, or from the control stream. */
  readonly cut = { log: false, control: false }
  #healed: (() => void)[] = []

  constructor(time: Time, machine: Machine) {
    this.#time = time
    this.machine = machine
  }

  get running(): boolean {
    return !this.#dead && !this.#frozen
  }

  get dead(): boolean {
    return this.#dead
  }

  get frozen(): boolean {
    return this.#frozen
  }

  readonly now = (): number => epochMs + this.#time.now + this.machine.wallOffsetMs
  readonly steady = (): number => this.#time.now + this.machine.steadyOffsetMs
  readonly after = (ms: number, act: () => void): (() => void) => this.#time.after(ms, () => this.reach(act))

  /** Something from outside, or a timer: at once, at the thaw, or never. */
  reach(act: () => void): void {
    if (this.#dead) return
    if (this.#frozen) this.#waiting.push(act)
    else act()
  }

  /** What a process waits for reaches it through the gate. */
  gate<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then((value) => this.reach(() => resolve(value)), (problem: unknown) => this.reach(() => reject(problem)))
    })
  }

  freeze(ms: number): void {
    if (this.#dead || this.#frozen) return
    this.#frozen = true
    this.#time.after(ms, () => {
      this.#frozen = false
      for (const act of this.#waiting.splice(0)) this.#time.after(0, () => this.reach(act))
    })
  }

  crash(): void {
    if (this.#dead) return
    this.#dead = true
    this.#waiting = []
    for (const act of this.#onDeath) act()
  }

  onDeath(act: () => void): void {
    this.#onDeath.push(act)
  }

  sever(stream: 'log' | 'control', ms: number): void {
    this.cut[stream] = true
    this.#time.after(ms, () => {
      this.cut[stream] = false
      for (const go of this.#healed.splice(0)) go()
    })
  }

  /** While `stream` is cut off from here. */
  async reachable(stream: 'log' | 'control'): Promise<void> {
    while (this.cut[stream]) await new Promise<void>((go) => this.#healed.push(go))
  }
}

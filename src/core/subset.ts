/**
 * From re2js's program of a pattern to the automaton that accepts the same texts: each of its states is a set of the
 * program's instructions. Number and size of the states are bounded, and so is the work; what is over is refused.
 */
import type { RE2JS } from 're2js'
import { lastCodePoint, lookups, type Automaton } from './automaton.ts'

const maxStates = 4096
const maxCells = 1 << 18
/** Instructions looked at while the automaton is built: some 20 ms at the very most. */
const maxWork = 400_000

export class TooComplicated extends Error {
  override readonly name = 'TooComplicated'
  constructor() {
    super(`the regular expression is too complicated to be judged in bounded time (over ${maxStates} states, or as much work); ` +
      'use shorter counted repeats, or several routes')
  }
}

/** Throws `TooComplicated`. */
export const subsetAutomaton = (pattern: RE2JS): Automaton => new Builder(pattern.re2()).build()

// The instructions of re2js's program and the flags of its empty matches: its own numbers. `regex.test.ts` compares what
// comes of them with re2js's own answers, so that another version of it cannot change them unnoticed.
const op = { alt: 1, altMatch: 2, capture: 3, empty: 4, fail: 5, match: 6, nop: 7, rune: 8, rune1: 9, any: 10, anyButNewline: 11 }
const flag = { beginLine: 1, endLine: 2, beginText: 4, endText: 8, wordBoundary: 16, noWordBoundary: 32 }

interface Instruction {
  readonly op: number
  readonly out: number
  readonly arg: number
  readonly runes: ArrayLike<number>
  matchRune(point: number): boolean
}

/** What stands beside a place in the text, as far as `^ $ \b` care. */
const edge = -1
const newline = 10
const isWord = (point: number): boolean =>
  (point >= 48 && point <= 57) || (point >= 65 && point <= 90) || point === 95 || (point >= 97 && point <= 122)

function emptyFlags(before: number, after: number): number {
  let flags = isWord(before) === isWord(after) ? flag.noWordBoundary : flag.wordBoundary
  if (before === edge) flags |= flag.beginText | flag.beginLine
  else if (before === newline) flags |= flag.beginLine
  if (after === edge) flags |= flag.endText | flag.endLine
  else if (after === newline) flags |= flag.endLine
  return flags
}

/** The subset construction. A state is a set of instructions, and what stood before it where an assertion looks back. */
class Builder {
  readonly #program: readonly Instruction[]
  readonly #startsAt: number
  readonly #bounds: Int32Array
  readonly #classOf: Uint16Array
  /** By class, a character of it. */
  readonly #letters: number[] = []
  readonly #states: { readonly at: readonly number[]; readonly before: number }[] = [{ at: [], before: 0 }]
  readonly #numbers = new Map<string, number>()
  readonly #marks: Uint32Array
  #mark = 0
  #work = 0

  constructor(re2: ReturnType<RE2JS['re2']>) {
    this.#program = re2.prog.inst as readonly Instruction[]
    this.#startsAt = re2.prog.start
    this.#marks = new Uint32Array(this.#program.length)
    const starts = (re2.dfa as { classBounds: Int32Array }).classBounds
    this.#bounds = Int32Array.from([0, ...starts.filter((point) => point <= lastCodePoint)])
    this.#classOf = this.#classify()
  }

  build(): Automaton {
    const start = this.#state([this.#startsAt], edge)
    const classes = this.#letters.length
    const rows: number[][] = [new Array<number>(classes).fill(0)]
    const ends: number[] = [0]
    for (let number = 1; number < this.#states.length; number++) {
      rows[number] = this.#letters.map((letter) => this.#step(number, letter))
      ends[number] = this.#closed(number, edge).some((at) => this.#program[at]!.op === op.match) ? 1 : 0
      if (number > maxStates || number * classes > maxCells) throw new TooComplicated()
    }
    const bounds = this.#bounds
    const classOf = this.#classOf
    const next = Uint16Array.from(rows.flat())
    return { start, bounds, classOf, classes, next, accepts: Uint8Array.from(ends), ...lookups({ bounds, classOf }) }
  }

  /** Characters that every instruction treats alike are one class. */
  #classify(): Uint16Array {
    const kinds = new Map<string, Instruction>()
    for (const instruction of this.#program) {
      if (instruction.op < op.rune) continue
      kinds.set(`${instruction.op} ${instruction.arg} ${Array.from(instruction.runes).join()}`, instruction)
    }
    const assertions = this.#program.some((instruction) => instruction.op === op.empty)
    const classes = new Map<string, number>()
    return Uint16Array.from(this.#bounds, (point) => {
      this.#spend(kinds.size)
      let key = assertions ? `${isWord(point)} ${point === newline} ` : ''
      for (const instruction of kinds.values()) key += takes(instruction, point) ? '1' : '0'
      const known = classes.get(key)
      if (known !== undefined) return known
      this.#letters.push(point)
      classes.set(key, classes.size)
      return classes.size - 1
    })
  }

  #step(number: number, letter: number): number {
    const reached: number[] = []
    for (const at of this.#closed(number, letter)) {
      const instruction = this.#program[at]!
      if (instruction.op >= op.rune && takes(instruction, letter)) reached.push(instruction.out)
    }
    return this.#state(reached, letter)
  }

  /** The number of the state that is at these instructions, after this character. */
  #state(reached: readonly number[], before: number): number {
    const at = this.#closure(reached, 0)
    if (at.length === 0) return 0
    const looksBack = at.some((pc) => this.#program[pc]!.op === op.empty)
    const side = !looksBack || before === edge || before === newline ? before : isWord(before) ? 97 : 32
    const key = `${looksBack ? side : ''} ${at.join()}`
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#states.push({ at, before: side })
    this.#numbers.set(key, this.#states.length - 1)
    return this.#states.length - 1
  }

  /** A state's instructions once it is known what comes next, which `$` and `\b` look at. */
  #closed(number: number, after: number): readonly number[] {
    const { at, before } = this.#states[number]!
    const waits = at.some((pc) => this.#program[pc]!.op === op.empty)
    return waits ? this.#closure(at, emptyFlags(before, after)) : at
  }

  /** Everything that is reached without taking a character, assertions only where `flags` fulfils them. */
  #closure(from: readonly number[], flags: number): number[] {
    const mark = ++this.#mark
    const open = [...from]
    const found: number[] = []
    while (open.length > 0) {
      const pc = open.pop()!
      if (this.#marks[pc] === mark) continue
      this.#marks[pc] = mark
      this.#spend(1)
      const instruction = this.#program[pc]!
      if (instruction.op === op.fail) continue
      if (instruction.op === op.alt || instruction.op === op.altMatch) open.push(instruction.out, instruction.arg)
      else if (instruction.op === op.capture || instruction.op === op.nop) open.push(instruction.out)
      else if (instruction.op === op.empty && (instruction.arg & ~flags) === 0) open.push(instruction.out)
      else if (instruction.op <= op.anyButNewline) found.push(pc)
      else throw new TypeError(`re2js has an instruction ${instruction.op} that is not known here`)
    }
    return found.sort((a, b) => a - b)
  }

  #spend(work: number): void {
    this.#work += work
    if (this.#work > maxWork) throw new TooComplicated()
  }
}

function takes(instruction: Instruction, point: number): boolean {
  switch (instruction.op) {
    case op.any: return true
    case op.anyButNewline: return point !== newline
    default: return instruction.matchRune(point)
  }
}

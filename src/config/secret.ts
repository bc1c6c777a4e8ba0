/** A secret shows itself to nobody who prints it. One that lies in a file is read again when the file changes. */
import { readFileSync, statSync } from 'node:fs'
import { inspect } from 'node:util'

const mask = '(secret)'

export class Secret {
  readonly #file: string | undefined
  #text: string
  #seen: string

  private constructor(text: string, file: string | undefined, seen: string) {
    this.#text = text
    this.#file = file
    this.#seen = seen
  }

  static ofText(text: string): Secret {
    return new Secret(text.trim(), undefined, '')
  }

  /** Throws what the file system throws; an empty file is an empty secret, which whoever loads it refuses. */
  static ofFile(file: string): Secret {
    const seen = stamp(file)
    return new Secret(readFileSync(file, 'utf8').trim(), file, seen)
  }

  /** What it is now. While its file cannot be read (it is just being replaced), what it was before. */
  read(): string {
    if (this.#file === undefined) return this.#text
    try {
      const seen = stamp(this.#file)
      if (seen === this.#seen) return this.#text
      const text = readFileSync(this.#file, 'utf8').trim()
      if (text !== '') {
        this.#text = text
        this.#seen = seen
      }
    } catch {
      // The last one that was whole stays.
    }
    return this.#text
  }

  get isEmpty(): boolean {
    return this.#text === ''
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }

  [inspect.custom](): string {
    return mask
  }
}

const stamp = (file: string): string => {
  const { mtimeMs, size, ino } = statSync(file)
  return `${mtimeMs} ${size} ${ino}`
}

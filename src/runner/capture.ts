/**
 * What a job prints, bounded three ways: the last 64 kB for the record, a file up to its cap, and a stream to whoever
 * looks on. Secrets are masked before any of them. Where the file cannot keep up, the reader is told to wait.
 */
import { createWriteStream, mkdirSync } from 'node:fs'
import type { WriteStream } from 'node:fs'
import { dirname } from 'node:path'
import type { Json } from '../core/plan.ts'
import type { Printed } from './protocol.ts'

const tailBytes = 64 * 1024

export interface CaptureOptions {
  readonly path: string
  readonly capBytes: number
  mask(text: string): string
  onText(text: string): void
  /** The file takes no more for the moment, or again. */
  onPressure(waits: boolean): void
}

export class Capture {
  private readonly options: CaptureOptions
  private tail = ''
  private bytes = 0
  private file: WriteStream | undefined
  private problem: string | undefined

  constructor(options: CaptureOptions) {
    this.options = options
  }

  /** Whole lines, but for the last. */
  push(raw: string): void {
    if (raw === '') return
    const text = this.options.mask(raw)
    const room = this.options.capBytes - this.bytes
    const size = Buffer.byteLength(text)
    this.bytes += size
    this.tail = (this.tail + text).slice(-2 * tailBytes)
    if (room <= 0) return
    const kept = size <= room ? text : `${Buffer.from(text).subarray(0, room).toString('utf8')}\n… cut here: it printed more than ${this.options.capBytes} bytes\n`
    this.options.onText(kept)
    this.write(kept)
  }

  async close(): Promise<Printed> {
    const { file } = this
    if (file && !this.problem)
      await new Promise<void>((done) => {
        // A disk that hangs does not hold up the outcome.
        const timer = setTimeout(done, 1000)
        file.on('error', () => done())
        file.end(() => (clearTimeout(timer), done()))
      })
    const tail = Buffer.from(this.tail)
    const text = tail.length <= tailBytes ? this.tail : tail.subarray(tail.length - tailBytes).toString('utf8').replace(/^\uFFFD+/, '')
    const saved = file !== undefined && this.problem === undefined
    return {
      tail: this.problem === undefined ? text : `${text}\n… not in a file: ${this.problem}\n`,
      bytes: this.bytes,
      file: saved ? this.options.path : undefined,
      cut: this.bytes > this.options.capBytes,
    }
  }

  private write(text: string): void {
    if (this.problem !== undefined) return
    this.file ??= this.open()
    if (this.file?.write(text) === false) {
      this.options.onPressure(true)
      this.file.once('drain', () => this.options.onPressure(false))
    }
  }

  private open(): WriteStream | undefined {
    const fail = (error: Error): void => {
      this.problem = error.message
      this.options.onPressure(false)
    }
    try {
      mkdirSync(dirname(this.options.path), { recursive: true, mode: 0o700 })
    } catch (error) {
      fail(error as Error)
      return undefined
    }
    return createWriteStream(this.options.path, { flags: 'a', mode: 0o600, highWaterMark: 256 * 1024 }).on('error', fail)
  }
}

/**
 * Cuts a stream of text into pieces that end with a line, so that a secret is seen whole. A line without an end is
 * passed on in parts of 16 kB, its last kilobyte held back.
 */
export class Lines {
  private rest = ''
  add(text: string): string {
    const all = this.rest + text
    const line = all.lastIndexOf('\n') + 1
    const end = line === 0 && all.length > 16_384 ? all.length - 1024 : line
    this.rest = all.slice(end)
    if (this.rest.length <= 16_384) return all.slice(0, end)
    const more = this.rest.length - 1024
    const ready = all.slice(0, end) + this.rest.slice(0, more)
    this.rest = this.rest.slice(more)
    return ready
  }
  flush(): string {
    const { rest } = this
    this.rest = ''
    return rest
  }
}

/** A key of several lines is masked line by line too, since a shell may print it so. */
export function maskOf(secrets: readonly string[]): (text: string) => string {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split('\n').filter((line) => line.trim().length >= 8)])
  const words = [...new Set(parts.filter((part) => part.length >= 4))].sort((a, b) => b.length - a.length)
  if (words.length === 0) return (text) => text
  const pattern = new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g')
  return (text) => text.replace(pattern, '***')
}

/** In every text of it, names too. */
export function maskIn(json: Json, mask: (text: string) => string): Json {
  if (typeof json === 'string') return mask(json)
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map((item) => maskIn(item, mask))
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [mask(name), maskIn(value, mask)]))
}

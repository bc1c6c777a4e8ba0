/**
 * Yields a new reading when files changed in what they say. A folder watch makes it quick, a poll makes it sure:
 * ConfigMaps swap links, network folders tell nothing. A pull or a copy is not atomic, so a reading is taken only once
 * nothing changes any more; one with problems only when they are still there after a while.
 */
import { watch, type FSWatcher } from 'node:fs'
import type { Reading } from './read.ts'
import { readSources, type Folders } from './sources.ts'

/** What is looked at here of a reading. */
type Read = Pick<Reading, 'fingerprint' | 'problems'>

export interface WatchOptions<R extends Read> extends Folders {
  readonly read: () => Promise<R>
  /** The reading that is in use: only what differs from it is news. */
  readonly since?: Read
  /** 5 s. */
  readonly pollMs?: number
  /** How long files must stay as they are to be read. 200 ms. */
  readonly quietMs?: number
  /** How long problems must last to be told. 5 s. */
  readonly settleMs?: number
  /** How long problems stand until they are looked at again though no file changed: they may have been this machine's. 30 s. */
  readonly againMs?: number
  readonly signal: AbortSignal
}

export interface CatalogueWatch<R extends Read> {
  /** Ends when the signal aborts. */
  readonly readings: AsyncGenerator<R, void, undefined>
  /** Somebody has read it by himself (SIGHUP, `reload --wait`): only what differs from that is news. */
  saw(reading: Read): void
}

export function watchCatalogue<R extends Read>(options: WatchOptions<R>): CatalogueWatch<R> {
  const seen: Seen = { last: options.since && essence(options.since), at: performance.now() }
  return { readings: readings(options, seen), saw: (reading) => void Object.assign(seen, { last: essence(reading), at: performance.now() }) }
}

/** A reading holds a whole catalogue: it is not kept for being compared. */
const essence = ({ fingerprint, problems }: Read): Read => ({ fingerprint, problems })

interface Seen {
  last: Read | undefined
  at: number
}

async function* readings<R extends Read>(options: WatchOptions<R>, seen: Seen): AsyncGenerator<R, void, undefined> {
  const { signal, pollMs = 5000, quietMs = 200, settleMs = 5000, againMs = 30_000 } = options
  const bell = new Bell(signal)
  const watchers = new FolderWatch([options.runbooks, options.policies], () => bell.ring())
  try {
    while (!signal.aborted) {
      await bell.wait(pollMs)
      if (signal.aborted) return
      watchers.renew()
      const again = seen.last !== undefined && seen.last.problems.length > 0 && performance.now() - seen.at >= againMs
      if (!again && (await fingerprintOf(options)) === seen.last?.fingerprint) continue
      const reading = await settled(options, { quietMs, settleMs })
      if (reading === undefined) return
      const old = isSame(reading, seen.last)
      Object.assign(seen, { last: essence(reading), at: performance.now() })
      if (!old) yield reading
    }
  } finally {
    watchers.close()
  }
}

const isSame = (a: Read, b: Read | undefined): boolean =>
  a.fingerprint === b?.fingerprint && JSON.stringify(a.problems) === JSON.stringify(b.problems)

/** Cheap: only reads and hashes. */
const fingerprintOf = async (options: Folders): Promise<string> => (await readSources(options)).fingerprint

/** A reading of files that stood still around it; undefined if the signal came first. */
async function settled<R extends Read>(options: WatchOptions<R>, { quietMs, settleMs }: { quietMs: number; settleMs: number }): Promise<R | undefined> {
  let still = { fingerprint: '', since: performance.now(), wasBad: false }
  const hasSettled = (): boolean => performance.now() - still.since >= settleMs
  while (!options.signal.aborted) {
    const before = await fingerprintOf(options)
    if (before !== still.fingerprint) still = { fingerprint: before, since: performance.now(), wasBad: false }
    await pause(Math.max(1, Math.min(quietMs, settleMs)), options.signal)
    if ((await fingerprintOf(options)) !== before) continue
    // To read is dear: what was bad is read again once, at the end of its time.
    if (still.wasBad && !hasSettled()) continue
    const reading = await options.read()
    still.wasBad = reading.problems.length > 0
    if (reading.fingerprint === before && (!still.wasBad || hasSettled())) return reading
  }
  return undefined
}

/** Rings at a change and at the end; one ring is kept for a listener that is busy. */
class Bell {
  #rang = false
  #wake: (() => void) | undefined

  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => this.ring(), { once: true })
  }

  ring(): void {
    this.#rang = true
    this.#wake?.()
  }

  async wait(ms: number): Promise<void> {
    if (!this.#rang) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#wake = undefined
    }
    this.#rang = false
  }
}

/** A hint only: where it cannot be had, or breaks off, the poll still finds everything. */
class FolderWatch {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #folders: readonly string[]
  readonly #tell: () => void

  constructor(folders: readonly string[], tell: () => void) {
    this.#folders = folders
    this.#tell = tell
    this.renew()
  }

  renew(): void {
    for (const folder of this.#folders) if (!this.#watchers.has(folder)) this.#start(folder)
  }

  #start(folder: string): void {
    try {
      const watcher = watch(folder, { recursive: true, persistent: false }, this.#tell)
      const drop = () => {
        watcher.close()
        this.#watchers.delete(folder)
      }
      watcher.on('error', drop)
      this.#watchers.set(folder, watcher)
    } catch {
      // Not there yet, or no more watches to be had.
    }
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}

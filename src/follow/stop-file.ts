/** The file of the stops that are in force: what was answered 201 survives whatever happens to this process, and to its log. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { StopOrder } from '../core/entry.ts'

export interface StopFile {
  /** Undefined where there is none. Throws where it cannot be read. */
  read(): string | undefined
  /** On the disk when it returns, whole or not at all. */
  write(text: string): void
}

export const stopFile = (path: string): StopFile => ({
  read: () => {
    try {
      return readFileSync(path, 'utf8')
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw problem
    }
  },
  write: (text) => {
    synced(`${path}.new`, 'w', (handle) => void writeSync(handle, text))
    renameSync(`${path}.new`, path)
    synced(dirname(path), 'r', () => {}) // a name is only as durable as its folder
  },
})

const synced = (path: string, flags: string, act: (handle: number) => void): void => {
  const handle = openSync(path, flags, 0o600)
  try {
    act(handle)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** A file of stops that cannot be read is a stop of everything, a new one each time: nobody knows what it would have covered. */
export const readStops = (file: StopFile, newId: () => string): StopOrder[] => {
  try {
    return (file.read() ?? '').split('\n').filter(Boolean).map(orderOf)
  } catch (problem) {
    return [{ id: newId(), matchers: [], effect: 'kill', who: 'paramedic', why: `the file of stops cannot be read: ${problem instanceof Error ? problem.message : String(problem)}` }]
  }
}

const orderOf = (line: string): StopOrder => {
  const order = JSON.parse(line) as Partial<StopOrder> | null
  const { id, matchers, effect, forMs, who, why } = order ?? {}
  if (typeof id !== 'string' || !Array.isArray(matchers) || (effect !== 'kill' && effect !== 'pause') || typeof who !== 'string' || typeof why !== 'string') {
    throw new TypeError(`not a stop: ${line.slice(0, 200)}`)
  }
  return { id, matchers, effect, ...(typeof forMs === 'number' ? { forMs } : {}), who, why }
}

export const writeStops = (file: StopFile, stops: readonly StopOrder[]): void => file.write(stops.map((stop) => `${JSON.stringify(stop)}\n`).join(''))

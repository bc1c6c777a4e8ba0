/** The thread that has the file of what memory forgot. Where the file is missing, wrong or behind, it folds the log once more. */
import { rmSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { evolve } from '../core/evolve.ts'
import { initialState } from '../core/state.ts'
import { allOf } from '../log/all.ts'
import { ArchiveFile, forgets, rowsOf } from './archive-file.ts'
import type { ArchiveOrder, FromArchive, ToArchive } from './archive.ts'
import { openPlace } from './place-reader.ts'

const port = parentPort!
const { path, place, beganAt, begin, position } = workerData as ArchiveOrder
const say = (message: FromArchive): void => port.postMessage(message)
const problem = (what: string, error: unknown): void => say({ kind: 'problem', text: `${what}: ${error instanceof Error ? error.message : String(error)}` })

let file = open()
/** Up to where the server itself hands over what it forgets. */
let upTo = begin
let whole = file.upTo >= begin
if (!whole) void rebuild()

port.on('message', (message: ToArchive) => {
  try {
    act(message)
  } catch (error) {
    problem(`${path} is made anew`, error)
    if (message.kind === 'find' || message.kind === 'page') say({ kind: 'rows', id: message.id, rows: [] })
    file = anew()
    if (whole) void rebuild()
  }
})

function act(message: ToArchive): void {
  switch (message.kind) {
    case 'put':
      upTo = Math.max(upTo, message.upTo)
      file.put(message.rows, whole ? upTo : undefined)
      if (message.before !== undefined) file.cut(message.before)
      return
    case 'find': return say({ kind: 'rows', id: message.id, rows: file.find(message.what, message.wanted) })
    case 'page': return say({ kind: 'rows', id: message.id, rows: file.page(message.page) })
    case 'close':
      file.close()
      port.close()
  }
}

function open(): ArchiveFile {
  try {
    const found = new ArchiveFile(path, beganAt)
    if (found.upTo <= position) return found
    found.close()
    problem(`${path} is made anew`, 'it is of a longer log')
  } catch (error) {
    problem(`${path} is made anew`, error)
  }
  return anew()
}

function anew(): ArchiveFile {
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
  return new ArchiveFile(path, beganAt)
}

/** What the server hands over meanwhile is put there as well: each is the same as it is found here. */
async function rebuild(): Promise<void> {
  whole = false
  const until = upTo
  try {
    const opened = await openPlace(place, (text) => problem('snapshots', text))
    const state = initialState()
    try {
      for await (const batch of allOf((from) => opened.entries(from, until))) {
        if (batch === 'caught up') continue
        for (const read of batch) {
          if (state.position >= until) break
          evolve(state, read)
          if (forgets(state.did)) file.put(rowsOf(state.did.forgotten))
        }
        if (state.position >= until) break
        await new Promise((resolve) => setImmediate(resolve)) // whoever asks is answered in between
      }
    } finally {
      await opened.close()
    }
    whole = true
    file.put([], upTo)
  } catch (error) {
    problem(`${path} could not be made of the log, and lacks what was forgotten before position ${until}`, error)
  }
}

/** One word for a state at a position: servers that folded alike say the same. It is the digest that a snapshot of it has. */
import { createHash } from 'node:crypto'
import { snapshotForm, snapshotLines } from '../core/snapshot.ts'
import type { State } from '../core/state.ts'

const sliceMs = 10
/** Lines are hashed in pieces: so many small ones would cost more than the hash. */
const pieceChars = 64 * 1024

/** A little at a time, so that everybody else has the thread in between: nothing may be folded meanwhile. */
export const digestOf = async (state: State): Promise<{ position: number; digest: string }> => {
  const { position, at, foldVersion } = state
  const hash = createHash('sha256')
  let text = `${JSON.stringify({ form: snapshotForm, foldVersion, position, at })}\n`
  let over = performance.now() + sliceMs
  for (const line of snapshotLines(state)) {
    text += `${line}\n`
    if (text.length < pieceChars) continue
    hash.update(text)
    text = ''
    if (performance.now() < over) continue
    await new Promise((resolve) => setImmediate(resolve))
    over = performance.now() + sliceMs
  }
  return { position, digest: hash.update(text).digest('hex') }
}

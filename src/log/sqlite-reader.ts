/** Reads a log's file beside the process that has it open: for a thread that folds history on its own. */
import type { Codec, Position, Recorded } from './log.ts'
import { decodeChunk, endOf } from './sqlite-follow.ts'
import { HistoryFile } from './sqlite-history.ts'

/** Everything from `from` up to `until`, which must be on the log already. Keeps its thread until the caller pauses. */
export function* readSqlite<E>(path: string, codec: Codec<E>, { from, until }: { from: Position; until: Position }): Generator<readonly Recorded<E>[], void, void> {
  const file = new HistoryFile(path, codec.decodeArray !== undefined)
  try {
    for (let position = from; position < until;) {
      const chunk = file.read(position)
      yield* decodeChunk(chunk, codec, position)
      position = endOf(chunk)
    }
  } finally {
    file.close()
  }
}

/**
 * Snapshots on a stream of their own, for servers that share a log: pieces under keys, of which the latest of each is kept.
 * There are two places, used in turn, so that a whole one is there while the next is being written.
 */
import { Readable } from 'node:stream'
import type { Codec, Log } from './log.ts'
import { packSnapshot, unpackSnapshot, type Snapshot, type SnapshotHead } from './snapshot.ts'

export interface SnapshotPiece {
  readonly place: 'a' | 'b'
  readonly index: number
  /** Equal for the pieces of one snapshot, and for no other's. */
  readonly of: string
  /** On the last piece: how many there are. */
  readonly count?: number
  readonly bytes: string
}

export const snapshotPieceCodec: Codec<SnapshotPiece> = {
  encode: (piece) => JSON.stringify(piece),
  decode: (text) => JSON.parse(text) as SnapshotPiece,
  key: ({ place, index }) => `${place}/${index}`,
  kind: () => 'snapshot',
}

/** As base64 it stays below what one record may hold. */
const pieceBytes = 150_000

/** Durable when it resolves, with the digest of what was written. `of` names this one attempt. */
export async function writeSnapshotTo(log: Log<SnapshotPiece>, { head, lines, place, of }: {
  head: SnapshotHead; lines: Iterable<string>; place: SnapshotPiece['place']; of: string
}): Promise<string> {
  let index = 0
  let rest = Buffer.alloc(0)
  const put = (bytes: Buffer, count?: number) =>
    log.append([{ place, index: index++, of, bytes: bytes.toString('base64'), ...(count === undefined ? {} : { count }) }])
  const digest = await packSnapshot(head, lines, async (bytes) => {
    rest = Buffer.concat([rest, bytes])
    for (; rest.length > pieceBytes; rest = rest.subarray(pieceBytes)) await put(rest.subarray(0, pieceBytes))
  })
  await put(rest, index + 1)
  return digest
}

export interface Found {
  readonly snapshot?: Snapshot
  /** Where the next one is to be written. */
  readonly free: SnapshotPiece['place']
}

/** The newest whole one that `fits`. */
export async function readSnapshotFrom(log: Log<SnapshotPiece>, fits: (head: SnapshotHead) => boolean, onProblem: (text: string) => void): Promise<Found> {
  const places = await readPlaces(log)
  let found: Found = { free: 'a' }
  for (const [place, pieces] of places) {
    const whole = wholeOf(pieces)
    if (whole === undefined) continue // it was never finished, or is being written now
    try {
      const snapshot = await unpackSnapshot(Readable.from(whole))
      if (fits(snapshot) && snapshot.position > (found.snapshot?.position ?? -1)) found = { snapshot, free: place === 'a' ? 'b' : 'a' }
    } catch (problem) {
      onProblem(`a snapshot beside the log cannot be used: ${problem instanceof Error ? problem.message : String(problem)}`)
    }
  }
  return found
}

async function readPlaces(log: Log<SnapshotPiece>): Promise<Map<SnapshotPiece['place'], Map<number, SnapshotPiece>>> {
  const places = new Map<SnapshotPiece['place'], Map<number, SnapshotPiece>>()
  const ended = new AbortController()
  for await (const batch of log.follow(0, ended.signal)) {
    if (batch === 'caught up') break
    for (const { entry } of batch) {
      const pieces = places.get(entry.place) ?? new Map<number, SnapshotPiece>()
      places.set(entry.place, pieces.set(entry.index, entry))
    }
  }
  ended.abort()
  return places
}

/** Pieces of an older, longer one may lie behind the last. */
function wholeOf(pieces: ReadonlyMap<number, SnapshotPiece>): Buffer[] | undefined {
  const first = pieces.get(0)
  const last = [...pieces.values()].find(({ of, count }) => of === first?.of && count !== undefined)
  if (first === undefined || last === undefined) return undefined
  const all = Array.from({ length: last.count! }, (_, index) => pieces.get(index))
  return all.every((piece) => piece?.of === first.of) ? all.map((piece) => Buffer.from(piece!.bytes, 'base64')) : undefined
}

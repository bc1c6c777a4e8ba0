/**
 * A snapshot of what a log amounts to, as bytes: text lines under a digest, packed with zstd. What the lines mean is not
 * known here; where the bytes lie is said by `snapshot-file.ts` and `snapshot-log.ts`.
 */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib'
import type { Position } from './log.ts'

export interface SnapshotHead {
  /** Of the lines: whoever reads another form begins with the log instead. */
  readonly form: number
  readonly foldVersion: number
  /** The first entry that is not in it. */
  readonly position: Position
  /** The log's time at that position, milliseconds. */
  readonly at: number
}

export interface Snapshot extends SnapshotHead {
  readonly lines: readonly string[]
  /** sha256 over the head and the lines, 64 hex digits: equal where two servers folded alike. */
  readonly digest: string
}

/** Hands the bytes to `take` piece by piece; gives the digest. */
export async function packSnapshot(head: SnapshotHead, lines: Iterable<string>, take: (bytes: Buffer) => Promise<unknown>): Promise<string> {
  const hash = createHash('sha256')
  const packing = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  await pipeline(Readable.from(texts(head, lines, hash)), packing, async (packed: AsyncIterable<Buffer>) => {
    for await (const bytes of packed) await take(bytes)
  })
  return hash.digest('hex')
}

/** Throws where the bytes are not a whole snapshot, unchanged. */
export async function unpackSnapshot(packed: Readable): Promise<Snapshot> {
  const hash = createHash('sha256')
  const lines: string[] = []
  await pipeline(packed, createZstdDecompress(), async (unpacked: AsyncIterable<Buffer>) => {
    const decoder = new TextDecoder()
    let rest = ''
    for await (const bytes of unpacked) {
      const pieces = (rest + decoder.decode(bytes, { stream: true })).split('\n') // not by readline, which also breaks at U+2028
      rest = pieces.pop()!
      for (const piece of pieces) lines.push(piece)
    }
  })
  const { digest } = JSON.parse(lines.pop() ?? '{}') as { digest?: string }
  for (const line of lines) hash.update(`${line}\n`)
  if (digest === undefined || hash.digest('hex') !== digest) throw new Error('its digest is not that of its content')
  return { ...(JSON.parse(lines.shift()!) as SnapshotHead), lines, digest }
}

const pieceBytes = 256 * 1024

function* texts(head: SnapshotHead, lines: Iterable<string>, hash: ReturnType<typeof createHash>): Generator<Buffer> {
  let text = `${JSON.stringify(head)}\n`
  for (const line of lines) {
    text += `${line}\n`
    if (text.length < pieceBytes) continue
    hash.update(text)
    yield Buffer.from(text)
    text = ''
  }
  hash.update(text)
  yield Buffer.from(`${text}${JSON.stringify({ digest: hash.copy().digest('hex') })}\n`)
}

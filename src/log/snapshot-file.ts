/**
 * Snapshots of what a log amounts to, as files: text lines under a digest, packed with zstd. A file is there whole or
 * not at all; one that cannot be read is passed over for the one before it, and said. What the lines mean is not known here.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
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

/** The newest one and the one before, for the day when the newest cannot be read. */
const kept = 2
const nameOf = (position: Position): string => `${String(position).padStart(15, '0')}.snapshot.zst`
const namePattern = /^\d{15}\.snapshot\.zst$/

/** Durable when it resolves, with the digest of what was written. */
export async function writeSnapshot(folder: string, head: SnapshotHead, lines: Iterable<string>): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const hash = createHash('sha256')
  const file = join(folder, nameOf(head.position))
  const handle = await open(`${file}.new`, 'w', 0o600)
  try {
    await pipeline(Readable.from(chunks(head, lines, hash)), createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } }), async (packed) => {
      for await (const bytes of packed as AsyncIterable<Buffer>) await handle.appendFile(bytes)
    })
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.new`, file)
  await syncFolder(folder)
  for (const old of (await names(folder)).slice(kept)) await rm(join(folder, old), { force: true })
  return hash.digest('hex')
}

const chunkBytes = 256 * 1024

function* chunks(head: SnapshotHead, lines: Iterable<string>, hash: ReturnType<typeof createHash>): Generator<Buffer> {
  let text = `${JSON.stringify(head)}\n`
  for (const line of lines) {
    text += `${line}\n`
    if (text.length < chunkBytes) continue
    hash.update(text)
    yield Buffer.from(text)
    text = ''
  }
  hash.update(text)
  yield Buffer.from(`${text}${JSON.stringify({ digest: hash.copy().digest('hex') })}\n`)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

/** The newest snapshot of a form that `fits`; undefined where there is none. */
export async function readSnapshot(folder: string, fits: (head: SnapshotHead) => boolean, onProblem: (text: string) => void): Promise<Snapshot | undefined> {
  for (const name of await names(folder)) {
    try {
      const snapshot = await readOne(join(folder, name))
      if (fits(snapshot)) return snapshot
    } catch (problem) {
      onProblem(`the snapshot ${join(folder, name)} cannot be used (${problem instanceof Error ? problem.message : String(problem)}): the one before it, or the log, is read instead`)
    }
  }
  return undefined
}

async function readOne(file: string): Promise<Snapshot> {
  const hash = createHash('sha256')
  const lines: string[] = []
  let rest = ''
  await pipeline(createReadStream(file), createZstdDecompress(), async (texts: AsyncIterable<Buffer>) => {
    const decoder = new TextDecoder()
    for await (const bytes of texts) {
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

/** Newest first. */
async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => namePattern.test(name)).sort().reverse()
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw problem
  }
}

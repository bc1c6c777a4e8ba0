/** Snapshots as files of a folder. One is there whole or not at all; one that cannot be read is passed over for the one before it. */
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { packSnapshot, unpackSnapshot, type Snapshot, type SnapshotHead } from './snapshot.ts'

/** The newest one and the one before, for the day when the newest cannot be read. */
const kept = 2
const nameOf = ({ position }: SnapshotHead): string => `${String(position).padStart(15, '0')}.snapshot.zst`
const namePattern = /^\d{15}\.snapshot\.zst$/

/** Durable when it resolves, with the digest of what was written. */
export async function writeSnapshotFile(folder: string, head: SnapshotHead, lines: Iterable<string>): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, nameOf(head))
  const handle = await open(`${file}.new`, 'w', 0o600)
  let digest: string
  try {
    digest = await packSnapshot(head, lines, (bytes) => handle.appendFile(bytes))
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.new`, file)
  await syncFolder(folder)
  for (const old of (await names(folder)).slice(kept)) await rm(join(folder, old), { force: true })
  return digest
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

/** The newest one that `fits`; undefined where there is none. */
export async function readSnapshotFile(folder: string, fits: (head: SnapshotHead) => boolean, onProblem: (text: string) => void): Promise<Snapshot | undefined> {
  for (const name of await names(folder)) {
    try {
      const snapshot = await unpackSnapshot(createReadStream(join(folder, name)))
      if (fits(snapshot)) return snapshot
    } catch (problem) {
      onProblem(`the snapshot ${join(folder, name)} cannot be used (${problem instanceof Error ? problem.message : String(problem)}): the one before it, or the log, is read instead`)
    }
  }
  return undefined
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

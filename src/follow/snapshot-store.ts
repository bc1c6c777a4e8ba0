/** Where snapshots lie: in a folder beside the embedded log; with Kafka on a topic, where every server finds them. */
import { randomUUID } from 'node:crypto'
import { snapshotForm } from '../core/snapshot.ts'
import { foldVersion } from '../core/upgrade.ts'
import type { KafkaSecurity } from '../log/kafka-client.ts'
import type { Log } from '../log/log.ts'
import { readSnapshotFile, writeSnapshotFile } from '../log/snapshot-file.ts'
import { readSnapshotFrom, writeSnapshotTo, type SnapshotPiece } from '../log/snapshot-log.ts'
import type { Snapshot, SnapshotHead } from '../log/snapshot.ts'

/** Plain data: it is handed to another thread. */
export type SnapshotPlace =
  | { readonly kind: 'sqlite'; readonly path: string; readonly folder: string }
  | { readonly kind: 'kafka'; readonly brokers: readonly string[]; readonly prefix: string; readonly security: KafkaSecurity }

export interface SnapshotStore {
  /** For people. */
  readonly where: string
  /** The newest whole one that this code can go on from. */
  read(): Promise<Snapshot | undefined>
  /** Durable when it resolves, with its digest. */
  write(head: SnapshotHead, lines: Iterable<string>): Promise<string>
}

/** Of this code's form and of a fold that it knows; another one is not used. */
const fits = ({ form, foldVersion: version }: SnapshotHead): boolean => form === snapshotForm && version <= foldVersion

export const folderStore = (folder: string, onProblem: (text: string) => void): SnapshotStore => ({
  where: `in ${folder}`,
  read: () => readSnapshotFile(folder, fits, onProblem),
  write: (head, lines) => writeSnapshotFile(folder, head, lines),
})

export const streamStore = (log: Log<SnapshotPiece>, onProblem: (text: string) => void): SnapshotStore => ({
  where: 'beside the log',
  read: async () => (await readSnapshotFrom(log, fits, onProblem)).snapshot,
  write: async (head, lines) => {
    const { free } = await readSnapshotFrom(log, () => true, onProblem)
    return writeSnapshotTo(log, { head, lines, place: free, of: randomUUID() })
  },
})

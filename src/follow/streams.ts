/** Opens the two streams that a log's address names: `memory:`, `sqlite:PATH`, `kafka://HOST:PORT[,HOST:PORT…]/PREFIX`. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { controlCodec, type ControlRecord } from './control.ts'
import { entryCodec, type Entry } from '../core/entry.ts'
import type { KafkaSecurity } from '../log/kafka-client.ts'
import type { Log, Position } from '../log/log.ts'
import { memoryLog } from '../log/memory.ts'
import { folderStore, streamStore, type SnapshotPlace, type SnapshotStore } from './snapshot-store.ts'

export interface StreamsOptions {
  readonly logUrl: string
  readonly retentionMs?: number
  /** From this position on everything is kept, whatever its age. Without it nothing is cut. */
  readonly keepFrom?: () => Position
  readonly security?: (() => KafkaSecurity) | undefined
  readonly notify: (text: string) => void
}

export interface Streams {
  readonly log: Log<Entry>
  readonly control: Log<ControlRecord>
  /** The log is this process's alone: whoever wrote before is gone. */
  readonly embedded: boolean
  /** A log in memory has none. `place` is where a thread of its own finds both. */
  readonly snapshots?: {
    readonly store: SnapshotStore
    readonly place: () => SnapshotPlace
    /** Beside the log, where that is a file: what memory forgot. */
    readonly archive?: string
  }
  close(): Promise<void>
}

export const openStreams = async (options: StreamsOptions): Promise<Streams> => {
  const { logUrl } = options
  if (logUrl.startsWith('kafka://')) return openKafka(options)
  const path = logUrl === 'memory:' ? undefined : logUrl.replace(/^sqlite:/, '')
  const log: Log<Entry> = path === undefined ? memoryLog<Entry>({ codec: entryCodec }) : await openFile(path, options)
  const control = memoryLog<ControlRecord>({ compact: controlCodec.key })
  return {
    log, control, embedded: true, ...(path === undefined ? {} : { snapshots: besideFile(path, options.notify) }),
    close: async () => void (await Promise.all([log.close(), control.close()])),
  }
}

const besideFile = (path: string, notify: (text: string) => void): NonNullable<Streams['snapshots']> => {
  const folder = `${path}-snapshots`
  return { store: folderStore(folder, notify), place: () => ({ kind: 'sqlite', path, folder }), archive: `${path}-archive` }
}

const openFile = async (path: string, { retentionMs, keepFrom }: StreamsOptions): Promise<Log<Entry>> => {
  const { openSqliteLog } = await import('../log/sqlite.ts')
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  return openSqliteLog<Entry>(path, { codec: entryCodec, ...(retentionMs === undefined || keepFrom === undefined ? {} : { retentionMs, keepFrom }) })
}

const openKafka = async ({ logUrl, retentionMs, security, notify }: StreamsOptions): Promise<Streams> => {
  const { kafkaStreams } = await import('../log/kafka.ts')
  const [brokers = '', prefix = ''] = logUrl.slice('kafka://'.length).split('/')
  const streams = kafkaStreams<Entry, ControlRecord>({
    brokers: brokers.split(','), prefix: prefix || 'paramedic', log: entryCodec, control: controlCodec, notify,
    ...(retentionMs === undefined ? {} : { retentionMs }), ...(security ? { security } : {}),
  })
  const place = (): SnapshotPlace => ({ kind: 'kafka', brokers: brokers.split(','), prefix: prefix || 'paramedic', security: security?.() ?? {} })
  const snapshots = { store: streamStore(streams.snapshots, notify), place }
  return { log: streams.log, control: streams.control, embedded: false, snapshots, close: () => streams.close() }
}

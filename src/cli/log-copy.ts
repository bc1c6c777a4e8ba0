/** `paramedic log export|import`: a log as a file, and from there onto Kafka, each entry at its position and with its time. */
import { createHash, randomUUIDv7 } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { entryCodec, numbered, type Entry, type Fact } from '../core/entry.ts'
import { evolve } from '../core/evolve.ts'
import { restoreState } from '../core/snapshot.ts'
import { initialState, type State } from '../core/state.ts'
import { digestOf } from '../follow/digest.ts'
import { openStreams, type Streams } from '../follow/streams.ts'
import { allOf } from '../log/all.ts'
import { importToKafka, type Imported } from '../log/kafka-import.ts'
import type { Log, Recorded } from '../log/log.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { kafkaAccess } from '../config/kafka.ts'
import type { Config } from '../config.ts'
import { CliError } from './client.ts'

const form = 1
type Head = { readonly paramedicLog: typeof form; readonly snapshot?: Omit<Snapshot, 'lines'> }
type Line = readonly ['state', string] | readonly ['entry', number, number, Entry] | readonly ['end', { readonly position: number; readonly digest: string; readonly sha256: string }]

export interface Copied {
  readonly entries: number
  readonly position: number
  /** Of the state at that position. */
  readonly digest: string
}

type Say = (text: string) => void

/** Writes the whole log to a file: with the newest snapshot, where the log does not begin at its beginning any more. */
export async function exportLog(config: Config, file: string, say: Say): Promise<Copied> {
  return withStreams(config, say, async ({ log, snapshots }) => {
    const snapshot = await snapshots?.store.read()
    const { lines = [], ...head } = snapshot ?? {}
    const out = createWriteStream(file, { flags: 'wx', mode: 0o600 })
    await once(out, 'open').catch((problem: Error) => {
      throw new CliError(2, `${file} cannot be written: ${problem.message}`)
    })
    const hash = createHash('sha256')
    const put = async (value: Head | Line): Promise<void> => {
      const text = `${JSON.stringify(value)}\n`
      hash.update(text)
      if (!out.write(text)) await once(out, 'drain')
    }
    await put({ paramedicLog: form, ...(snapshot ? { snapshot: head as Omit<Snapshot, 'lines'> } : {}) })
    for (const line of lines) await put(['state', line])
    const state = snapshot ? restoreState(lines) : initialState()
    let entries = 0
    for await (const { position, at, entry } of upTo(log)) {
      await put(['entry', position, at, entry])
      if (position >= state.position) evolve(state, { position, at, entry })
      if (++entries % sayEvery === 0) say(`${entries} entries were written`)
    }
    const { position, digest } = await digestOf(state)
    await put(['end', { position, digest, sha256: hash.copy().digest('hex') }])
    out.end()
    await once(out, 'finish')
    return { entries, position, digest }
  })
}

/** Puts such a file onto an empty log on Kafka, proves that it folds to the same state, and leaves it under a stop. */
export async function importLog(config: Config, file: string, say: Say): Promise<Copied> {
  const { log: target } = config
  if (target.kind !== 'kafka') throw new CliError(2, 'a log is imported to Kafka: name it with --log kafka://HOST:PORT,…/PREFIX')
  const expected = await endOf(file)
  return withStreams(config, say, async (streams) => {
    for (const [name, stream] of [['log', streams.log], ['control', streams.control]] as const) {
      const end = await stream.end()
      if (end > 0) throw new CliError(1, `the ${name} of ${config.logUrl} is not empty (it ends at ${end}): a log is imported to a prefix that nothing was written to`)
    }
    const { head, lines } = await headOf(file)
    if (head.snapshot) await streams.snapshots!.store.write(head.snapshot, lines)
    let said = 0
    const entries = await importToKafka({ brokers: target.brokers, security: kafkaAccess(config) }, `${target.prefix}-log`, entriesOf(file), (done) => {
      if (done - said < sayEvery) return
      said = done
      say(`${done} entries were written`)
    })
    const state = await folded(streams, head.snapshot ? restoreState(lines) : initialState())
    const { position, digest } = await digestOf(state)
    if (digest !== expected.digest) throw new CliError(1, `what lies on ${config.logUrl} folds to ${digest.slice(0, 12)} at ${position}, and the file to ${expected.digest.slice(0, 12)} at ${expected.position}: delete its topics, and import again`)
    await leaveStopped(streams.log, state)
    return { entries, position, digest }
  })
}

const sayEvery = 20_000

/** Whoever wrote the log before is gone; and nothing runs by itself before a person has looked around. */
async function leaveStopped(log: Log<Entry>, state: State): Promise<void> {
  const [id, stop] = [randomUUIDv7(), randomUUIDv7()]
  const why = 'new log: it was imported, and what happened since is not on it'
  const facts: Fact[] = [{ kind: 'stop pulled', stop: { id: stop, matchers: [], effect: 'kill', who: 'paramedic', why } }]
  for (const [runner, { lost }] of state.processes) if (!lost) facts.push({ kind: 'runner lost', runner, name: '', why: 'its log was imported elsewhere' })
  const entries = facts.map((fact, index) => numbered(fact, id, index + 1))
  for (let i = 0; i < entries.length; i += atOnce) await log.append(entries.slice(i, i + atOnce))
}
const atOnce = 200

async function withStreams<T>(config: Config, notify: Say, work: (streams: Streams) => Promise<T>): Promise<T> {
  if (config.log.kind === 'memory') throw new CliError(2, 'a log in memory is gone with its server')
  const streams = await openStreams({ logUrl: config.logUrl, retentionMs: config.retentionMs, security: kafkaAccess(config), notify }).catch(refused)
  try {
    return await work(streams).catch(refused)
  } finally {
    await streams.close()
  }
}

const refused = (problem: unknown): never => {
  throw problem instanceof Error && problem.name === 'LogError' ? new CliError(1, problem.message) : problem
}

/** All that is there now. */
async function* upTo(log: Log<Entry>): AsyncGenerator<Recorded<Entry>> {
  const ended = new AbortController()
  for await (const batch of allOf((from) => log.follow(from, ended.signal))) {
    if (batch === 'caught up') return ended.abort()
    yield* batch
  }
}

const folded = async ({ log }: Streams, state: State): Promise<State> => {
  const ended = new AbortController()
  for await (const batch of log.follow(state.position, ended.signal)) {
    if (batch === 'caught up') break
    for (const read of batch) evolve(state, read)
  }
  ended.abort()
  return state
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const input = createReadStream(file)
  await once(input, 'open').catch((problem: Error) => {
    throw new CliError(2, `${file} cannot be read: ${problem.message}`)
  })
  yield* createInterface({ input, crlfDelay: Infinity })
}

/** Reads it all once: a file that is not whole is refused before anything is written. */
async function endOf(file: string): Promise<{ position: number; digest: string }> {
  const hash = createHash('sha256')
  let last = ''
  for await (const line of linesOf(file)) {
    if (last !== '') hash.update(`${last}\n`)
    last = line
  }
  const [kind, end] = (last.startsWith('["end"') ? JSON.parse(last) : []) as Line | []
  if (kind !== 'end' || end.sha256 !== hash.digest('hex')) throw new CliError(1, `${file} is not a whole log as \`paramedic log export\` writes it: export it again`)
  return end
}

async function headOf(file: string): Promise<{ head: Head; lines: string[] }> {
  const lines: string[] = []
  let head: Head | undefined
  for await (const text of linesOf(file)) {
    const line = JSON.parse(text) as Head | Line
    if (head === undefined) head = line as Head
    else if ((line as Line)[0] === 'state') lines.push((line as Line)[1] as string)
    else break
  }
  if (head?.paramedicLog !== form) throw new CliError(1, `${file} is of another version of Paramedic`)
  return { head, lines }
}

async function* entriesOf(file: string): AsyncGenerator<Imported> {
  for await (const text of linesOf(file)) {
    if (!text.startsWith('["entry"')) continue
    const [, position, at, entry] = JSON.parse(text) as Line & readonly ['entry', ...unknown[]]
    yield { position, at, key: entryCodec.key(entry), kind: entryCodec.kind(entry), text: entryCodec.encode(entry) }
  }
}

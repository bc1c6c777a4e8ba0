/** What stands on the log: from a server, or with --offline from the log itself. Whoever tells of the past reads it here. */
import type { Command } from 'commander'
import { durationProblem, parseDuration } from '../core/duration.ts'
import type { Entry, Read } from '../core/entry.ts'
import { fromLine } from '../core/line.ts'
import { allOf } from '../log/all.ts'
import type { Recorded } from '../log/log.ts'
import { kafkaAccess } from '../config/kafka.ts'
import { CliError, type ClientOptions } from './client.ts'
import { loaded, withConfigFlags } from './configured.ts'
import { events } from './events.ts'
import type { Cli } from './main.ts'

export interface From {
  /** `oldest`: from where the log begins by now. */
  readonly from: number | 'oldest'
  /** Goes on with what comes, instead of ending where the log ends. */
  readonly follow?: boolean
}

/** `--offline`, and the settings that say which log is meant. */
export const withLogFlags = (command: Command): Command =>
  withConfigFlags(command).option('--offline', 'from the log that is configured here, while no server has it open')

/** `--since`, as a time of the log. */
export function sinceMs(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new CliError(2, `--since ${durationProblem}, not ${text}`)
  return Date.now() - ms
}

/** The whole log up to now, in order. Each call reads it again; the first one says where it begins, if that is not where it began. */
export async function* history(cli: Cli, options: Readonly<Record<string, unknown>>, { again = false } = {}): AsyncGenerator<Read> {
  let first = !again
  for await (const read of wholeLog(cli, options)) {
    if (first && read.position > 0) process.stderr.write(`the log begins at entry ${read.position} by now, of ${new Date(read.at).toISOString()}: what was before was cut after its \`retention\`, and what rests on it is not told\n`)
    first = false
    yield read
  }
}

async function* wholeLog({ client }: Cli, options: Readonly<Record<string, unknown>>): AsyncGenerator<Read> {
  if (options['offline']) {
    for await (const batch of offlineEntries(options, { from: 'oldest' })) yield* batch
    return
  }
  for await (const line of serverEntries(client(), { from: 'oldest' })) yield fromLine(line)
}

/** As JSON lines, each with its position and its time. */
export async function* serverEntries(options: ClientOptions, { from, follow }: From): AsyncGenerator<string> {
  for await (const data of events(options, `from=${from}`)) {
    if (data !== 'caught up') yield data
    else if (!follow) return
  }
  throw new CliError(3, 'the server ended the stream before its end was reached: go on with --from')
}

export async function* offlineEntries(options: Readonly<Record<string, unknown>>, { from, follow }: From): AsyncGenerator<readonly Recorded<Entry>[]> {
  const [{ config }, { openStreams }, { existsSync }] = await Promise.all([loaded(options), import('../follow/streams.ts'), import('node:fs')])
  if (config.log.kind === 'memory') throw new CliError(2, 'a log in memory is gone with its server')
  if (config.log.kind === 'sqlite' && !existsSync(config.log.path)) throw new CliError(1, `${config.log.path} is not there: name the log with --log`)
  const ended = new AbortController()
  const end = (): void => ended.abort()
  process.once('SIGINT', end)
  let streams: Awaited<ReturnType<typeof openStreams>> | undefined
  try {
    streams = await openStreams({ logUrl: config.logUrl, security: kafkaAccess(config), notify: (text) => void process.stderr.write(`${text}\n`) })
    const { log } = streams
    for await (const batch of from === 'oldest' ? allOf((at) => log.follow(at, ended.signal)) : log.follow(from, ended.signal)) {
      if (batch !== 'caught up') yield batch
      else if (!follow) break
    }
  } catch (problem) {
    if (!(problem instanceof Error) || problem.name !== 'LogError') throw problem
    throw new CliError(1, problem.message)
  } finally {
    process.off('SIGINT', end)
    await streams?.close()
  }
}

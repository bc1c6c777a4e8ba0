/** `paramedic log`: entries as JSON lines, from a server, or with --offline from the log itself. */
import { CliError, type ClientOptions } from './client.ts'
import { loaded, withConfigFlags } from './configured.ts'
import { events } from './events.ts'
import type { Cli } from './main.ts'

interface LogOptions extends Record<string, unknown> {
  readonly from: string
  readonly follow?: boolean
  readonly offline?: boolean
}

export const register = ({ program, client }: Cli): void => {
  withConfigFlags(program.command('log').description('entries as JSON lines')).option('--from <position>', 'from there on', '0').option('--follow', 'and go on with what comes')
    .option('--offline', 'from the log that is configured here, while no server has it open')
    .addHelpText('after', '\nExample:\n  paramedic log --follow | jq -c .kind\n  paramedic log --from 1200')
    .action(async (options: LogOptions) => {
      if (!/^\d{1,15}$/.test(options.from)) throw new CliError(2, `--from must be a position, a whole number from 0, not ${options.from}`)
      if (options.offline) await printOffline(options)
      else await printFrom(client(), options)
    })
}

async function printFrom(options: ClientOptions, { from, follow }: LogOptions): Promise<void> {
  for await (const data of events(options, `from=${from}`)) {
    if (data !== 'caught up') await print(data)
    else if (!follow) return
  }
  throw new CliError(3, 'the server ended the stream before its end was reached: go on with --from')
}

/** A reader that is slower than the log is waited for; one that closed its end (`head`) is an end like any other. */
const print = (line: string): Promise<void> => new Promise((resolve, reject) => {
  process.stdout.write(`${line}\n`, (problem) => {
    if ((problem as NodeJS.ErrnoException | null | undefined)?.code === 'EPIPE') process.exit(0)
    else if (problem) reject(problem)
    else resolve()
  })
})

async function printOffline({ from, follow, ...options }: LogOptions): Promise<void> {
  const [{ config }, { openStreams }, { entryCodec }, { existsSync }] = await Promise.all([
    loaded(options), import('../follow/streams.ts'), import('../core/entry.ts'), import('node:fs'),
  ])
  if (config.log.kind === 'memory') throw new CliError(2, 'a log in memory is gone with its server')
  if (config.log.kind === 'sqlite' && !existsSync(config.log.path)) throw new CliError(1, `${config.log.path} is not there: name the log with --log`)
  const ended = new AbortController()
  process.once('SIGINT', () => ended.abort())
  try {
    const streams = await openStreams({ logUrl: config.logUrl, notify: (text) => void process.stderr.write(`${text}\n`) })
    for await (const batch of streams.log.follow(Number(from), ended.signal)) {
      if (batch === 'caught up' && !follow) break
      if (batch === 'caught up') continue
      for (const { position, at, entry } of batch) await print(`{"position":${position},"at":"${new Date(at).toISOString()}",${entryCodec.encode(entry).slice(1)}`)
    }
    await streams.close()
  } catch (problem) {
    if (!(problem instanceof Error) || problem.name !== 'LogError') throw problem
    throw new CliError(1, problem.message)
  }
}


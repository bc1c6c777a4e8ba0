/** `paramedic log`: entries as JSON lines, from a server, or with --offline from the log itself. */
import type { Command } from 'commander'
import { toLine } from '../core/line.ts'
import { CliError } from './client.ts'
import { offlineEntries, serverEntries, withLogFlags } from './entries.ts'
import { loaded, withConfigFlags } from './configured.ts'
import type { Cli } from './main.ts'
import { show } from './out.ts'

interface LogOptions extends Record<string, unknown> {
  readonly from: string
  readonly follow?: boolean
  readonly offline?: boolean
}

export const register = ({ program, client, asJson }: Cli): void => {
  const log = withLogFlags(program.command('log').description('entries as JSON lines')).option('--from <position>', 'from there on', 'oldest').option('--follow', 'and go on with what comes')
    .addHelpText('after', '\nExample:\n  paramedic log --follow | jq -c .kind\n  paramedic log --from 1200')
    .action(async ({ from: written, follow = false, offline, ...options }: LogOptions) => {
      if (!/^(\d{1,15}|oldest)$/.test(written)) throw new CliError(2, `--from must be a position, a whole number from 0, or \`oldest\`, not ${written}`)
      const from = written === 'oldest' ? written : Number(written)
      if (!offline) {
        for await (const line of serverEntries(client(), { from, follow })) await print(line)
        return
      }
      for await (const batch of offlineEntries(options, { from, follow })) {
        for (const read of batch) await print(toLine(read))
      }
    })
  for (const [name, does, example] of [
    ['export', 'writes the log that is configured here to a file, while no server has it open', 'paramedic log export paramedic.log'],
    ['import', 'puts such a file onto an empty log on Kafka, which then starts under a stop', 'paramedic log import paramedic.log --log kafka://k1:9092,k2:9092,k3:9092/paramedic'],
  ] as const) {
    withConfigFlags(log.command(name).description(does)).argument('<file>', 'that is written, or read').addHelpText('after', `\nExample:\n  ${example}`)
      .action(async (file: string, _: unknown, command: Command) => {
        const { exportLog, importLog } = await import('./log-copy.ts')
        const { config } = await loaded(command.optsWithGlobals()) // `log` has the same flags, and takes them
        const copied = await (name === 'export' ? exportLog : importLog)(config, file, (text) => void process.stderr.write(`${text}\n`))
        show(asJson(), copied, () => `${copied.entries} entries, up to position ${copied.position}; the state there is ${copied.digest.slice(0, 12)}${name === 'export' ? '' : ', as it was. It is stopped: paramedic go lifts `new log` once you looked around'}`)
      })
  }
}

/** A reader that is slower than the log is waited for. */
const print = (line: string): Promise<void> => new Promise((resolve) => void process.stdout.write(`${line}\n`, () => resolve()))

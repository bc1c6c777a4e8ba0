/** `paramedic log`: entries as JSON lines, from a server, or with --offline from the log itself. */
import { entryCodec } from '../core/entry.ts'
import { CliError } from './client.ts'
import { offlineEntries, serverEntries, withLogFlags } from './entries.ts'
import type { Cli } from './main.ts'

interface LogOptions extends Record<string, unknown> {
  readonly from: string
  readonly follow?: boolean
  readonly offline?: boolean
}

export const register = ({ program, client }: Cli): void => {
  withLogFlags(program.command('log').description('entries as JSON lines')).option('--from <position>', 'from there on', 'oldest').option('--follow', 'and go on with what comes')
    .addHelpText('after', '\nExample:\n  paramedic log --follow | jq -c .kind\n  paramedic log --from 1200')
    .action(async ({ from: written, follow = false, offline, ...options }: LogOptions) => {
      if (!/^(\d{1,15}|oldest)$/.test(written)) throw new CliError(2, `--from must be a position, a whole number from 0, or \`oldest\`, not ${written}`)
      const from = written === 'oldest' ? written : Number(written)
      if (!offline) {
        for await (const line of serverEntries(client(), { from, follow })) await print(line)
        return
      }
      for await (const batch of offlineEntries(options, { from, follow })) {
        for (const { position, at, entry } of batch) await print(`{"position":${position},"at":"${new Date(at).toISOString()}",${entryCodec.encode(entry).slice(1)}`)
      }
    })
}

/** A reader that is slower than the log is waited for; one that closed its end (`head`) is an end like any other. */
const print = (line: string): Promise<void> => new Promise((resolve, reject) => {
  process.stdout.write(`${line}\n`, (problem) => {
    if ((problem as NodeJS.ErrnoException | null | undefined)?.code === 'EPIPE') process.exit(0)
    else if (problem) reject(problem)
    else resolve()
  })
})

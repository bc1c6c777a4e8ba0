/** The operator's hand: `paramedic COMMAND`. One file per command; exit codes as docs/cli.md lists them. */
import { Command, CommanderError } from 'commander'
import { CliError, type ClientOptions } from './client.ts'

export interface Cli {
  readonly program: Command
  /** The global options as they were given. */
  client(): ClientOptions
  asJson(): boolean
}

const program = new Command('paramedic')
  .description('Answers alerts with runbooks, under limits, with an emergency stop.')
  .option('--url <url>', 'the server', process.env['PARAMEDIC_URL'] ?? 'http://127.0.0.1:9095')
  .option('--token-file <file>', 'a file that holds the token (or PARAMEDIC_TOKEN, PARAMEDIC_TOKEN_FILE)')
  .option('--timeout <seconds>', 'how long to wait for an answer', '30')
  .option('--json', 'one JSON document on stdout')
  .exitOverride()
  .showHelpAfterError('(`paramedic COMMAND --help` shows an example)')

const cli: Cli = {
  program,
  client: () => {
    const { url, tokenFile, timeout } = program.opts<{ url: string; tokenFile?: string; timeout: string }>()
    const timeoutMs = Number.parseFloat(timeout) * 1000
    if (!(timeoutMs > 0)) throw new CliError(2, '--timeout takes seconds, such as 30')
    return { url, timeoutMs, ...(tokenFile === undefined ? {} : { tokenFile }) }
  },
  asJson: () => program.opts<{ json?: boolean }>().json === true,
}

for (const file of ['serve', 'demo', 'stop', 'go', 'stops', 'status', 'why', 'watch', 'alerts', 'loaded', 'reload', 'log', 'check', 'runbook', 'config', 'token']) {
  const module = (await import(`./${file}.ts`).catch((problem: { code?: string }) => {
    if (problem.code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw problem
  })) as { register(cli: Cli): void } | undefined
  module?.register(cli)
}

try {
  await program.parseAsync()
} catch (problem) {
  process.exitCode = exitOf(problem)
}

function exitOf(problem: unknown): number {
  if (problem instanceof CommanderError) return problem.exitCode === 0 ? 0 : 2
  if (problem instanceof CliError) {
    process.stderr.write(`${problem.message}\n`)
    return problem.exit
  }
  process.stderr.write(`${problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)}\n`)
  return 1
}

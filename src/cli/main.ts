/**
 * The operator's hand: `paramedic COMMAND`. One file per command, and only the one that is used is loaded. Exit codes:
 * 0 done · 1 refused, failed or not all done · 2 wrong usage or a configuration with problems · 3 no server answered ·
 * 4 the time ran out · 78 the wrong Node.
 */
import { Command, CommanderError } from 'commander'
import { CliError, type ClientOptions } from './client.ts'
import { parseDuration } from '../core/duration.ts'
import { troubleOf } from './trouble.ts'

export interface Cli {
  readonly program: Command
  /** The server that the global options name. */
  client(): ClientOptions
  asJson(): boolean
  /** `--timeout`, if it was given. */
  timeoutMs(): number | undefined
}

/** Which file registers a command. */
export const commands: Readonly<Record<string, string>> = {
  serve: 'serve', demo: 'demo', init: 'check', check: 'check', stop: 'stop', go: 'go', stops: 'stops', status: 'status', watch: 'watch', why: 'why',
  run: 'run', submit: 'submit', exec: 'exec', cancel: 'answer', approve: 'answer', deny: 'answer', note: 'answer',
  alerts: 'alerts', runbooks: 'loaded', routes: 'loaded', policies: 'loaded', edges: 'edges', runbook: 'runbook', reload: 'reload', catalog: 'catalog', breaker: 'breaker', drill: 'drill', resume: 'resume', promote: 'promote', switch: 'switch', config: 'config', token: 'token', log: 'log',
  upgrade: 'upgrade',
  explain: 'explain', report: 'report', changes: 'changes', backtest: 'backtest',
}

export async function run(argv: readonly string[]): Promise<number> {
  const program = createProgram()
  const cli = cliOf(program)
  const word = commandWord(argv)
  // A server goes on without whoever reads its words.
  if (word !== 'serve') endWithReader()
  await register(cli, word !== undefined && Object.hasOwn(commands, word) ? [commands[word]!] : Object.values(commands))
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (problem) {
    return exitOf(problem)
  }
}

/** `paramedic alerts | head`: who reads no more has seen enough. */
function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (problem: NodeJS.ErrnoException) => {
      if (problem.code !== 'EPIPE') throw problem
      process.exit()
    })
  }
}

const cliOf = (program: Command): Cli => ({
  program, asJson: () => program.opts<{ json?: boolean }>().json === true, client: () => clientOptions(program), timeoutMs: () => timeoutOf(program),
})

const register = async (cli: Cli, files: readonly string[]): Promise<void> => {
  for (const file of new Set(files)) ((await import(`./${file}.ts`)) as { register(cli: Cli): void }).register(cli)
}

/** Every command, for docs/commands.md. */
export const allCommands = async (): Promise<Command> => {
  const program = createProgram()
  await register(cliOf(program), Object.values(commands))
  return program
}

const createProgram = (): Command => new Command('paramedic')
  .description('Answers alerts with runbooks, under limits, with an emergency stop.')
  .option('--url <url>', 'the server (PARAMEDIC_URL)', process.env['PARAMEDIC_URL'] || 'http://127.0.0.1:9095')
  .option('--token-file <file>', 'a file that holds the token (or PARAMEDIC_TOKEN, PARAMEDIC_TOKEN_FILE)')
  .option('--ca-file <file>', 'certificates to trust beside the system\'s (PARAMEDIC_CA_FILE)', process.env['PARAMEDIC_CA_FILE'])
  .option('--cert-file <file>', 'the certificate to show, where the server asks for one (PARAMEDIC_CERT_FILE)', process.env['PARAMEDIC_CERT_FILE'])
  .option('--key-file <file>', 'the key of that certificate (PARAMEDIC_KEY_FILE)', process.env['PARAMEDIC_KEY_FILE'])
  .option('--timeout <duration>', 'how long to wait, such as 30s (PARAMEDIC_TIMEOUT)', process.env['PARAMEDIC_TIMEOUT'])
  .option('--json', 'one JSON document on stdout, or JSON lines for streams')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .showSuggestionAfterError()
  .showHelpAfterError('`--help` behind the command shows what it takes, with an example.')
  .addHelpText('after', '\nExample:\n  paramedic status\n  paramedic stop --why "deploy went wrong"\n\n`paramedic COMMAND --help` shows an example of each.')

/** The first word that is neither a global option nor its value. */
function commandWord(argv: readonly string[]): string | undefined {
  const takesValue = ['--url', '--token-file', '--ca-file', '--cert-file', '--key-file', '--timeout']
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    if (takesValue.includes(word)) i++
    else if (word === 'help') continue
    else if (!word.startsWith('-')) return word
  }
  return undefined
}

const usualTimeoutMs = 30_000

function timeoutOf(program: Command): number | undefined {
  const { timeout } = program.opts<{ timeout?: string }>()
  if (timeout === undefined || timeout === '') return undefined
  const ms = /^\d+(\.\d+)?$/.test(timeout) ? Number(timeout) * 1000 : parseDuration(timeout)
  if (ms === undefined || ms <= 0) throw new CliError(2, `--timeout must be a duration such as 30s, not ${timeout}`)
  return ms
}

function clientOptions(program: Command): ClientOptions {
  const { url, tokenFile, caFile, certFile, keyFile } = program.opts<{ url: string; tokenFile?: string; caFile?: string; certFile?: string; keyFile?: string }>()
  const tls = { ...(caFile ? { ca: caFile } : {}), ...(certFile ? { cert: certFile } : {}), ...(keyFile ? { key: keyFile } : {}) }
  if (!certFile !== !keyFile) throw new CliError(2, '--cert-file and --key-file belong together')
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new CliError(2, `--url must be an address such as http://127.0.0.1:9095, not ${url}`)
  return { url, timeoutMs: timeoutOf(program) ?? usualTimeoutMs, ...(tokenFile === undefined ? {} : { tokenFile }), ...(Object.keys(tls).length > 0 ? { tls } : {}) }
}

function exitOf(problem: unknown): number {
  // Commander has said what was wrong; help and version are no errors.
  if (problem instanceof CommanderError) return problem.exitCode === 0 ? 0 : 2
  if (problem instanceof CliError) {
    process.stderr.write(`${problem.message}\n`)
    return problem.exit
  }
  process.stderr.write(`${troubleOf(problem) ?? (problem instanceof Error ? (problem.stack ?? problem.message) : String(problem))}\n`)
  return 1
}

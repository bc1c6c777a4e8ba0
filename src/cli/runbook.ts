/** `paramedic runbook lock`, `new` and `test`: work on the runbooks here. */
import type { Tried } from '../trial/trials.ts'
import { CliError } from './client.ts'
import { loaded, withConfigFlags } from './configured.ts'
import type { Cli } from './main.ts'
import { clean, show } from './out.ts'

export const register = (cli: Cli): void => {
  const { program, asJson } = cli
  const runbook = program.command('runbook').description('works on the runbooks here').addHelpText('after', '\nExample:\n  paramedic runbook lock')
  withConfigFlags(runbook.command('lock').description('records the digests of new versions; never changes a line that is there'))
    .addHelpText('after', '\nExample:\n  paramedic runbook lock').action(async (options: Record<string, unknown>) => {
      const [{ lockCatalogue }, { printProblem }, { config }] = await Promise.all([import('../catalog/lock.ts'), import('../catalog/problem.ts'), loaded(options)])
      const { added, problems } = await lockCatalogue(config.catalog.runbooks)
      if (problems.length > 0) throw new CliError(2, problems.map(printProblem).join('\n'))
      show(asJson(), { added }, () => (added.length === 0 ? 'nothing new to lock' : added.map((id) => `locked ${id}`).join('\n')))
    })
  withConfigFlags(runbook.command('new').description('writes a runbook out of an alert that a person had to solve: script, trial, route (approve) and policies').argument('<name>'))
    .requiredOption('--from <alert>', "an episode's id or its last six characters, or a file.json with the alert").option('--fixed <text>', 'what was done by hand, beside what was noted')
    .addHelpText('after', '\nExample:\n  paramedic runbook new empty-queue --from 675e2e\n  paramedic runbook new empty-queue --from alert.json --fixed "restarted the consumer"')
    .action(async (name: string, options: Record<string, unknown> & { from: string; fixed?: string }) => (await import('./runbook-new.ts')).newRunbook(cli, name, options))
  withConfigFlags(runbook.command('test').description('plays runbooks in an invented world (VERSION.test.ts beside VERSION.ts) and shows each call that they would make; exit 1 if one is unexpected or missing'))
    .argument('[name...]', 'NAME or NAME@VERSION; without one, all that have a trial')
    .addHelpText('after', '\nNothing is touched: targets, commands and requests are the trial\'s.\n\nExample:\n  paramedic runbook test\n  paramedic runbook test scale-service@1')
    .action(async (names: string[], options: Record<string, unknown>) => test(names, options, asJson()))
}

async function test(names: readonly string[], options: Record<string, unknown>, json: boolean): Promise<void> {
  const [{ readScripts, readTrial }, { tryScript }, { config }] = await Promise.all([import('../catalog/scripts.ts'), import('../trial/trials.ts'), loaded(options)])
  const { runbooks } = config.catalog
  const { scripts } = await readScripts(runbooks)
  const strange = names.filter((name) => !scripts.some((one) => [one.id, one.name].includes(name)))
  if (strange.length > 0) throw new CliError(2, `there is no runbook ${strange.join(', ')}; there are ${scripts.map(({ id }) => id).join(', ') || 'none'}`)
  const chosen = scripts.filter((one) => names.length === 0 || names.includes(one.id) || names.includes(one.name))
  const withTrial = await Promise.all(chosen.map(async (one) => names.length > 0 || (await readTrial(one, runbooks)) !== undefined))
  const tried: Tried[] = []
  for (const script of chosen.filter((_, at) => withTrial[at])) tried.push(await tryScript(script, { runbooks }))
  if (tried.length === 0) throw new CliError(1, `nothing to play in ${runbooks}: a trial is NAME/VERSION.test.ts`)
  show(json, tried, () => clean(tried.map(linesOf).join('\n')))
  if (tried.some(({ problems }) => problems.length > 0)) process.exitCode = 1
}

const linesOf = ({ id, target, asked, problems }: Tried): string => [
  `${problems.length === 0 ? 'ok' : 'FAILED'}  ${id}${target === '' ? '' : ` on ${target}`}`,
  ...joined(asked).map(({ part, call, times }) => `      ${part}: ${call}${times > 1 ? ` ×${times}` : ''}`),
  ...problems.map((problem) => `      ! ${problem}`),
].join('\n')

/** The same look again and again is one line. */
const joined = (asked: Tried['asked']): { part: string; call: string; times: number }[] =>
  asked.reduce<{ part: string; call: string; times: number }[]>((lines, { part, call }) => {
    const last = lines.at(-1)
    if (last?.part === part && last.call === call) last.times++
    else lines.push({ part, call, times: 1 })
    return lines
  }, [])

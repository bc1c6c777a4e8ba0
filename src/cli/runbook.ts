/** `paramedic runbook lock` */
import { loaded, withConfigFlags } from './configured.ts'
import { CliError } from './client.ts'
import type { Cli } from './main.ts'

export const register = ({ program }: Cli): void => {
  const runbook = program.command('runbook').description('works on runbooks')
  withConfigFlags(runbook.command('lock').description('records the digests of new versions; never changes a line')).addHelpText('after', '\nExample:\n  paramedic runbook lock').action(async (options: Record<string, unknown>) => {
    const [{ lockCatalogue }, { printProblem }, { config }] = await Promise.all([import('../catalog/lock.ts'), import('../catalog/problem.ts'), loaded(options)])
    const { added, problems } = await lockCatalogue(config.catalog.runbooks)
    for (const id of added) process.stdout.write(`locked ${id}\n`)
    if (problems.length > 0) throw new CliError(2, problems.map(printProblem).join('\n'))
    if (added.length === 0) process.stdout.write('nothing new to lock\n')
  })
}

/** `paramedic runbook lock`: records the digests of new versions. */
import { CliError } from './client.ts'
import { loaded, withConfigFlags } from './configured.ts'
import type { Cli } from './main.ts'
import { show } from './out.ts'

export const register = ({ program, asJson }: Cli): void => {
  const runbook = program.command('runbook').description('works on the runbooks here').addHelpText('after', '\nExample:\n  paramedic runbook lock')
  withConfigFlags(runbook.command('lock').description('records the digests of new versions; never changes a line that is there'))
    .addHelpText('after', '\nExample:\n  paramedic runbook lock').action(async (options: Record<string, unknown>) => {
      const [{ lockCatalogue }, { printProblem }, { config }] = await Promise.all([import('../catalog/lock.ts'), import('../catalog/problem.ts'), loaded(options)])
      const { added, problems } = await lockCatalogue(config.catalog.runbooks)
      if (problems.length > 0) throw new CliError(2, problems.map(printProblem).join('\n'))
      show(asJson(), { added }, () => (added.length === 0 ? 'nothing new to lock' : added.map((id) => `locked ${id}`).join('\n')))
    })
}

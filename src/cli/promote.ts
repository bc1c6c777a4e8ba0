/** `paramedic promote`: a version that has earned it runs by itself from now on. */
import { idPath, json } from './client.ts'
import type { Cli } from './main.ts'
import { clean, show } from './out.ts'
import { user, withWhy } from './word.ts'

export const register = ({ program, client, asJson }: Cli): void => {
  withWhy(program.command('promote').description('lets a version of a runbook run by itself that has earned it: so many verified heals, as its route asks')
    .argument('<runbook@version>'), 'why it may run by itself')
    .addHelpText('after', '\nExample:\n  paramedic promote scale-service@2 --why "five heals, each looked at"')
    .action(async (runbook: string, { why }: { why: string }) => {
      await json(client(), 'POST', idPath('/v1/runbooks', runbook, '/promote'), { why, who: user() })
      show(asJson(), { runbook, status: 'promoted' }, () => `promoted: ${clean(runbook)}`)
    })
}

/** `paramedic breaker close`: a person looked, and says why it may go on. */
import type { Cli } from './main.ts'
import { CliError, idPath, json } from './client.ts'
import { clean, show } from './out.ts'
import { user } from './stop.ts'

export const register = ({ program, client, asJson }: Cli): void => {
  const breaker = program.command('breaker').description('the breakers among the policies')
    .addHelpText('after', '\nExample:\n  paramedic breaker close restarts --why "the switch was replaced"')
  breaker.command('close').description('closes a breaker that tripped; what it counted up to now is forgotten')
    .argument('<name>', 'the name of the policy').requiredOption('--why <text>', 'why it is safe to go on')
    .addHelpText('after', '\nExample:\n  paramedic breaker close restarts --why "the switch was replaced"')
    .action(async (name: string, { why }: { why: string }) => {
      if (why.trim() === '') throw new CliError(2, '--why is empty: say why it is safe to go on')
      await json(client(), 'POST', idPath('/v1/breakers', name, '/close'), { why, who: user() })
      show(asJson(), { breaker: name, status: 'closed' }, () => `closed: ${clean(name)}`)
    })
}

/** `paramedic breaker close`: a person looked, and says why it may go on. */
import type { Cli } from './main.ts'
import { idPath, json } from './client.ts'
import { clean, show } from './out.ts'
import { user, withWhy } from './word.ts'

export const register = ({ program, client, asJson }: Cli): void => {
  const breaker = program.command('breaker').description('the breakers among the policies')
    .addHelpText('after', '\nExample:\n  paramedic breaker close restarts --why "the switch was replaced"')
  withWhy(breaker.command('close').description('closes a breaker that tripped; what it counted up to now is forgotten').argument('<name>', 'the name of the policy'))
    .addHelpText('after', '\nExample:\n  paramedic breaker close restarts --why "the switch was replaced"')
    .action(async (name: string, { why }: { why: string }) => {
      await json(client(), 'POST', idPath('/v1/breakers', name, '/close'), { why, who: user() })
      show(asJson(), { breaker: name, status: 'closed' }, () => `closed: ${clean(name)}`)
    })
}

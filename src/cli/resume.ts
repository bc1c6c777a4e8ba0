/** `paramedic resume`: what somebody changed by hand may be touched again. */
import type { Form } from '../http/schemas.ts'
import { CliError, idPath, json } from './client.ts'
import type { Cli } from './main.ts'
import { clean, show } from './out.ts'
import { user } from './stop.ts'

type Suspension = Form<'Suspension'>

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('resume').description('lets runbooks touch again what somebody had changed by hand after them')
    .argument('<id...>', 'of suspensions, or the last six characters; `paramedic status` lists them').requiredOption('--why <text>', 'why it is safe to go on')
    .addHelpText('after', '\nExample:\n  paramedic resume 5ebf8f --why "the load test is over"')
    .action(async (ids: string[], { why }: { why: string }) => {
      if (why.trim() === '') throw new CliError(2, '--why is empty: say why it is safe to go on')
      const resumed: Suspension[] = []
      for (const id of ids) resumed.push(await json<Suspension>(client(), 'POST', idPath('/v1/suspensions', id, '/resume'), { why, who: user() }))
      show(asJson(), resumed, () => resumed.map(({ runbooks, target }) => clean(`resumed: ${runbooks.join(', ')} on ${target}`)).join('\n'))
    })
}

/** `web is 3 by hand, 4 was left there`. */
export const suspensionText = ({ target, runbooks, from, to }: Suspension): string => {
  const shown = ({ version, replicas }: Suspension['from']): string => (replicas === undefined ? `version ${version}` : String(replicas))
  return `SUSPENDED ${runbooks.join(', ')} on ${target}: somebody changed it by hand (${shown(from)} → ${shown(to)})`
}

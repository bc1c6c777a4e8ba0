/** `paramedic resume`: what somebody changed by hand may be touched again. */
import type { Form } from '../http/schemas.ts'
import { idPath, json } from './client.ts'
import type { Cli } from './main.ts'
import { clean, show } from './out.ts'
import { user, withWhy } from './word.ts'

type Suspension = Form<'Suspension'>

export const register = ({ program, client, asJson }: Cli): void => {
  withWhy(program.command('resume').description('lets runbooks touch again what somebody had changed by hand after them').argument('<id...>', 'of suspensions, or the last six characters; `paramedic status` lists them'))
    .addHelpText('after', '\nExample:\n  paramedic resume 5ebf8f --why "the load test is over"')
    .action(async (ids: string[], { why }: { why: string }) => {
      const resumed: Suspension[] = []
      for (const id of ids) resumed.push(await json<Suspension>(client(), 'POST', idPath('/v1/suspensions', id, '/resume'), { why, who: user() }))
      show(asJson(), resumed, () => resumed.map(({ runbooks, target }) => clean(`resumed: ${runbooks.join(', ')} on ${target}`)).join('\n'))
    })
}

export const suspensionText = ({ target, runbooks, from, to }: Suspension): string => {
  const shown = ({ version, replicas }: Suspension['from']): string => (replicas === undefined ? `version ${version}` : String(replicas))
  return `SUSPENDED ${runbooks.join(', ')} on ${target}: somebody changed it by hand (${shown(from)} → ${shown(to)})`
}

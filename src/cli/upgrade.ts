/** `paramedic upgrade`: what each server knows, and the end of an upgrade. */
import type { Form } from '../http/schemas.ts'
import { json } from './client.ts'
import type { Cli } from './main.ts'
import { clean, show, table } from './out.ts'

type Upgrade = Form<'Upgrade'>

export const register = ({ program, client, asJson }: Cli): void => {
  const upgrade = program.command('upgrade').description('the fold version of the log, and what each server knows')
    .addHelpText('after', '\nExample:\n  paramedic upgrade\n  paramedic upgrade finish')
    .action(async () => {
      const now = await json<Upgrade>(client(), 'GET', '/v1/upgrade')
      show(asJson(), now, () => [
        `the log is at fold version ${now.foldVersion}${now.foldVersion < now.possible ? `; ${now.possible} is possible: \`paramedic upgrade finish\`, once every server knows it` : ''}`,
        table(['SERVER', 'KNOWS'], now.servers.map(({ name, foldVersion }) => [clean(name), foldVersion])),
      ].join('\n'))
    })
  upgrade.command('finish').description('lets servers write what an older version could not read; refused while such a server lives. There is no way back')
    .addHelpText('after', '\nExample:\n  paramedic upgrade finish')
    .action(async () => {
      const now = await json<Upgrade>(client(), 'POST', '/v1/upgrade/finish')
      show(asJson(), now, () => `the log is at fold version ${now.foldVersion}: a server of an older version that is started now decides and starts nothing`)
    })
}

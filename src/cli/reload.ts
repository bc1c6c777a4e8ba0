/** `paramedic reload` */
import type { Cli } from './main.ts'
import { CliError, json } from './client.ts'
import { show } from './out.ts'

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('reload').description('reads the catalogue again').option('--wait', 'until every live process runs it').addHelpText('after', '\nExample:\n  paramedic reload --wait').action(async () => {
    const read = await json<{ digest?: string; problems: string[] }>(client(), 'POST', '/v1/reload')
    if (read.problems.length > 0) throw new CliError(2, read.problems.join('\n'))
    show(asJson(), read, () => `in force: ${read.digest}`)
  })
}

/** `paramedic config`: what is in force, and where each value came from. */
import { loaded, withConfigFlags } from './configured.ts'
import type { Cli } from './main.ts'
import { show, table } from './out.ts'

export const register = ({ program, asJson }: Cli): void => {
  withConfigFlags(program.command('config').description('the effective configuration and where each value came from')).addHelpText('after', '\nExample:\n  paramedic config').action(async (options: Record<string, unknown>) => {
    const { shown } = await loaded(options)
    show(asJson(), shown, () => table(['SETTING', 'VALUE', 'FROM'], shown.map((one) => [one.key, one.value, one.from])))
  })
}

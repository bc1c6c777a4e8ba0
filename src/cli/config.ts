/** `paramedic config`: what is in force, where each value came from, and what is wrong with it. */
import { printSettingProblem } from '../config.ts'
import { CliError } from './client.ts'
import { readConfig, withConfigFlags } from './configured.ts'
import type { Cli } from './main.ts'
import { show, table } from './out.ts'

export const register = ({ program, asJson }: Cli): void => {
  withConfigFlags(program.command('config').description('the effective configuration and where each value came from; secrets are masked'))
    .addHelpText('after', '\nExample:\n  paramedic config\n  paramedic config --config /etc/paramedic/paramedic.yaml --json').action(async (options: Record<string, unknown>) => {
      const { shown, problems, warnings } = await readConfig(options)
      show(asJson(), shown, () => table(['SETTING', 'VALUE', 'FROM'], shown.map((one) => [one.key, one.value, one.from])))
      for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
      if (problems.length > 0) throw new CliError(2, problems.map(printSettingProblem).join('\n'))
    })
}

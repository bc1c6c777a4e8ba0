/** `paramedic serve` */
import type { Cli } from './main.ts'
import { loaded, withConfigFlags } from './configured.ts'

export const register = ({ program }: Cli): void => {
  withConfigFlags(program.command('serve').description('runs the server until SIGTERM; a second one kills')).addHelpText('after', '\nExample:\n  paramedic serve --providers-local-services services.yaml')
    .action(async (options: Record<string, unknown>) => {
      const { config, warnings } = await loaded(options)
      const { serve } = await import('../serve.ts')
      const say = (text: string): void => void process.stderr.write(`${new Date().toISOString()} ${text}\n`)
      for (const warning of warnings) say(`warning: ${warning}`)
      const served = await serve(config, { say })
      let ending = false
      const end = (): void => {
        if (ending) process.exit(1)
        ending = true
        say('ending: running steps may finish; a second signal kills')
        void served.close().then(() => process.exit(0))
      }
      process.on('SIGTERM', end).on('SIGINT', end)
    })
}

/** `paramedic serve`: until SIGTERM, which lets the running step finish; a second one kills. */
import type { Cli } from './main.ts'
import { loaded, withConfigFlags } from './configured.ts'

export const register = ({ program }: Cli): void => {
  withConfigFlags(program.command('serve').description('runs the server until SIGTERM: the running step may finish; a second one kills'))
    .addHelpText('after', '\nExample:\n  paramedic serve\n  paramedic serve --config /etc/paramedic/paramedic.yaml --roles intake,decide')
    .action(async (options: Record<string, unknown>) => {
      const { config, warnings } = await loaded(options)
      const [{ serve }, { createLogger }] = await Promise.all([import('../serve.ts'), import('../observe/logger.ts')])
      const logger = createLogger({ level: config.logLevel, name: config.name })
      for (const warning of warnings) logger.warn(warning)
      const served = await serve(config, { say: (text) => logger.info(text), tellPeople: (text) => logger.warn(text) }).catch((problem: unknown) => {
        // What the outside refuses is said in a line; the rest is a defect, and where it lies is wanted.
        logger.error(problem instanceof Error && ['LogError', 'CannotStart'].includes(problem.name) ? problem.message : problem)
        // Nothing that was half started may keep the process.
        process.exit(1)
      })
      let ending = false
      const end = (): void => {
        if (ending) process.exit(1)
        ending = true
        logger.info('ending: running steps may finish; a second signal kills')
        void served.close().then(() => process.exit(0), (problem: unknown) => {
          logger.error(problem)
          process.exit(1)
        })
      }
      process.on('SIGTERM', end).on('SIGINT', end)
    })
}

/** `paramedic serve`: until SIGTERM, which lets the running step finish; a second one kills. */
import type { Served } from '../serve.ts'
import type { Cli } from './main.ts'
import { loaded, withConfigFlags } from './configured.ts'
import { troubleOf } from './trouble.ts'

export const register = ({ program }: Cli): void => {
  withConfigFlags(program.command('serve').description('runs the server until SIGTERM: the running step may finish; a second one kills'), { shown: true })
    .addHelpText('after', '\nExample:\n  paramedic serve\n  paramedic serve --config /etc/paramedic/paramedic.yaml --roles intake,decide')
    .action(async (options: Record<string, unknown>) => {
      const { config, warnings } = await loaded(options)
      const [{ serve }, { createLogger }] = await Promise.all([import('../serve.ts'), import('../observe/logger.ts')])
      const logger = createLogger({ level: config.logLevel, name: config.name })
      for (const warning of warnings) logger.warn(warning)
      process.on('SIGHUP', () => {}) // its files are read while it starts; from then on the server listens for it
      let close: Served['close'] | undefined
      let ending = false
      const end = (): void => {
        // Before there is anything to end, and when it is told twice.
        if (ending || close === undefined) process.exit(ending ? 1 : 0)
        ending = true
        logger.info('ending: running steps may finish; a second signal kills')
        leave(close(), 0)
      }
      const leave = (closed: Promise<void>, code: number): void => void closed.then(() => process.exit(code), (problem: unknown) => {
        logger.error(problem)
        process.exit(1)
      })
      process.on('SIGTERM', end).on('SIGINT', end)
      const served = await serve(config, { say: (text) => logger.info(text), tellPeople: (text) => logger.warn(text), onOpen: (way) => (close = way) }).catch((problem: unknown) => {
        if (ending) return // what was still coming up was ended under its hands
        logger.error(line(problem))
        // Nothing that was half started may keep the process.
        process.exit(1)
      })
      void served?.failed.then((problem) => {
        logger.error(line(problem))
        logger.error('the log cannot be followed any further: what runs here is killed, and this process ends. Start it again; if it ends again, the line above says what has to be mended.')
        leave(served.close(0), 1)
      })
    })
}

/** What the outside refuses is said in a line; the rest is a defect, and where it lies is wanted. */
const line = (problem: unknown): unknown => (problem instanceof Error && ['LogError', 'CannotStart'].includes(problem.name) ? problem.message : troubleOf(problem) ?? problem)

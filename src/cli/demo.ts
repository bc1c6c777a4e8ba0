/** `paramedic demo`: the main job on one machine, with nothing to configure. */
import type { Cli } from './main.ts'

export const register = ({ program, asJson }: Cli): void => {
  program.command('demo').description('the main job on this machine in about half a minute: an alert healed, one brought to people, a stop proved')
    .option('--keep', 'leaves it up until Ctrl-C').option('--alertmanager', 'with the real Alertmanager, where it is installed')
    .addHelpText('after', '\nExample:\n  paramedic demo\n  paramedic demo --keep')
    .action(async ({ keep, alertmanager }: { keep?: boolean; alertmanager?: boolean }) => {
      const { runDemo } = await import('./demo/demo.ts')
      const end = new AbortController()
      const signals = ['SIGINT', 'SIGTERM'] as const
      const abort = (): void => end.abort(new Error('ended by a signal'))
      for (const name of signals) process.on(name, abort)
      const out = asJson() ? process.stderr : process.stdout
      const { exitCode, moments } = await runDemo({
        write: (text) => void out.write(text), colour: out.isTTY === true && !process.env['NO_COLOR'], signal: end.signal,
        keep: keep === true, alertmanager: alertmanager === true,
      })
      for (const name of signals) process.off(name, abort)
      if (asJson()) process.stdout.write(`${JSON.stringify({ happened: exitCode === 0, moments })}\n`)
      process.exitCode = exitCode
    })
}

/** `paramedic switch`: how something outside is called, hot, until somebody switches it back. */
import { json } from './client.ts'
import type { Cli } from './main.ts'
import { clean, show } from './out.ts'
import { user, withWhy } from './word.ts'

export const register = ({ program, client, asJson }: Cli): void => {
  withWhy(program.command('switch').description('switches how something outside is called, at once and for every server of this log: off, mock, direct, on; `configured` takes that back')
    .argument('<edge>', 'such as slack, or one kind of its calls: kubernetes/read, kubernetes/change').argument('<mode>', 'on, off, mock, direct, configured'), 'why it is switched')
    .addHelpText('after', '\nNo switch ever skips a policy or a stop. `mock` and `direct` need `edges.allowInProduction`.\n\nExample:\n  paramedic switch kubernetes/change off --why "the control plane is being upgraded"\n  paramedic switch kubernetes/change configured --why "done"')
    .action(async (edge: string, mode: string, { why }: { why: string }) => {
      await json(client(), 'POST', '/v1/switches', { edge, mode, why, who: user() })
      show(asJson(), { edge, mode }, () => clean(`switched: ${edge} ${mode}`))
    })
}

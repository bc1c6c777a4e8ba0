/** `paramedic submit`: planned and judged, and nothing is run before `exec`. */
import type { Cli } from './main.ts'
import { show, short } from './out.ts'
import { planText, requestCommand, submit, type RequestFlags } from './request.ts'

export const register = ({ program, client, asJson }: Cli): void => {
  requestCommand(program.command('submit').description('plans a runbook and has it judged; nothing is run before `exec`'))
    .addHelpText('after', '\nExample:\n  paramedic submit scale-service --target web --param by=1 --why "sale at noon"')
    .action(async (runbook: string, flags: RequestFlags) => {
      const workflow = await submit(client(), runbook, flags, asJson())
      if (workflow) show(asJson(), workflow, () => `${planText(workflow)}${workflow.state === 'ready' ? `\n\nrun it within an hour: paramedic exec ${short(workflow.id)}` : ''}`)
    })
}

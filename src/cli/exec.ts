/** `paramedic exec`: runs what was submitted, once, after it is judged again. */
import type { Form } from '../http/schemas.ts'
import { CliError, idPath, json, type ClientOptions } from './client.ts'
import type { Cli } from './main.ts'
import { because, show } from './out.ts'
import { showRefusal } from './request.ts'
import { user } from './word.ts'

type Workflow = Form<'Workflow'>

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('exec').description('runs what was submitted, once, after it is judged again').argument('<id>', "a workflow's id, or its last six characters")
    .addHelpText('after', '\nExample:\n  paramedic exec 675e2e && paramedic watch 675e2e')
    .action(async (id: string) => {
      const workflow = await execute(client(), id, undefined, asJson())
      if (workflow) show(asJson(), workflow, () => `${workflow.state}${workflow.reason || workflow.detail ? `: ${because(workflow)}` : ''}`)
    })
}

/** `plan`: the one that was shown. Undefined where it is refused, which is shown. */
export async function execute(options: ClientOptions, id: string, plan: string | undefined, asJson: boolean): Promise<Workflow | undefined> {
  const patient = { ...options, timeoutMs: Math.max(options.timeoutMs, 40_000) }
  try {
    return await json<Workflow>(patient, 'POST', idPath('/v1/workflows', id, '/exec'), { who: user(), ...(plan === undefined ? {} : { plan }) })
  } catch (problem) {
    if (!(problem instanceof CliError) || problem.code !== 'REFUSED') throw problem
    showRefusal(problem, asJson)
    return undefined
  }
}

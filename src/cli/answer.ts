/** What a person says to a workflow: `cancel`, `approve`, `deny`, `note`. */
import { createInterface } from 'node:readline/promises'
import type { Form } from '../http/schemas.ts'
import { CliError, idPath, json, type ClientOptions } from './client.ts'
import type { Cli } from './main.ts'
import { because, short, show } from './out.ts'
import { planText } from './request.ts'
import { user } from './word.ts'

type Workflow = Form<'Workflow'>
const what = "a workflow's id, or its last six characters"

export const register = ({ program, client, asJson }: Cli): void => {
  const say = async (id: string, verb: string, body: object): Promise<void> => {
    const workflow = await json<Workflow>(client(), 'POST', idPath('/v1/workflows', id, `/${verb}`), { who: user(), ...body })
    show(asJson(), workflow, () => `${short(workflow.id)} ${workflow.state}${workflow.reason || workflow.detail ? `: ${because(workflow)}` : ''}`)
  }
  program.command('cancel').description('ends a workflow; what runs of it is killed, with every process that it started').argument('<id>', what).option('--why <text>', 'for those who come after', '')
    .addHelpText('after', '\nExample:\n  paramedic cancel 675e2e --why "wrong service"').action((id: string, { why }: { why: string }) => say(id, 'cancel', { why }))
  program.command('approve').description('shows the plan that a workflow asks about, and says yes to it').argument('<id>', what).option('--why <text>', 'for those who come after', '')
    .option('--yes', 'do not ask; needed where there is no terminal')
    .addHelpText('after', '\nExample:\n  paramedic approve 675e2e --why "checked with the shop team"')
    .action(async (id: string, { why, yes }: { why: string; yes?: true }) => {
      const plan = await shown(client(), id, yes === true)
      if (plan !== undefined) await say(id, 'approve', { why, plan })
    })
  program.command('deny').description('says no to what a workflow asks: nothing is run').argument('<id>', what).option('--why <text>', 'for those who come after', '')
    .addHelpText('after', '\nExample:\n  paramedic deny 675e2e --why "not during the sale"').action((id: string, { why }: { why: string }) => say(id, 'deny', { why }))
  program.command('note').description('puts a remark about a workflow on the log, or about an alert: how it was fixed').argument('<id>', `${what}; or an episode's`).argument('<text...>', 'the remark')
    .addHelpText('after', '\nExample:\n  paramedic note 675e2e the disk was full of old releases').action(async (id: string, words: string[]) => {
      const text = words.join(' ')
      await say(id, 'note', { text }).catch(async (problem: unknown) => {
        if (!(problem instanceof CliError) || problem.code !== 'NOT_FOUND') throw problem
        const episode = await json<Form<'Episode'>>(client(), 'POST', idPath('/v1/episodes', id, '/note'), { who: user(), text })
        show(asJson(), episode, () => `${short(episode.id)} ${episode.labels['alertname'] ?? ''} noted`)
      })
    })
}

/** Nobody approves what was not shown: the answer is for the plan that was printed here. Undefined if it is a no. */
async function shown(options: ClientOptions, id: string, yes: boolean): Promise<string | undefined> {
  const workflow = await json<Workflow>(options, 'GET', idPath('/v1/workflows', id))
  if (workflow.state !== 'asking') throw new CliError(1, `${short(workflow.id)} does not ask: it is ${workflow.state}`)
  process.stderr.write(`${planText(workflow)}\n`)
  if (yes) return workflow.plan!.digest
  if (!process.stdin.isTTY) throw new CliError(2, 'nobody can be asked here: say --yes')
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    if (/^y(es)?$/i.test((await asking.question('\nApprove this? [y/N] ')).trim())) return workflow.plan!.digest
  } finally {
    asking.close()
  }
  process.exitCode = 1
  return undefined
}

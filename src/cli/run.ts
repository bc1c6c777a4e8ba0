/** `paramedic run`: submits, shows plan and verdicts, asks, executes, and follows it to its end. */
import { createInterface } from 'node:readline/promises'
import { CliError } from './client.ts'
import { execute } from './exec.ts'
import type { Cli } from './main.ts'
import { planText, requestCommand, submit, type RequestFlags } from './request.ts'
import { follow } from './watch.ts'

export const register = ({ program, client, asJson, timeoutMs }: Cli): void => {
  requestCommand(program.command('run').description('plans a runbook, shows what it would do and what the policies say, asks, runs it, and follows it to its end'))
    .option('--yes', 'do not ask; needed where there is no terminal')
    .addHelpText('after', '\nExample:\n  paramedic run scale-service --target web --param by=1 --why "sale at noon"\n  paramedic run restart-service@1 --target api --dry-run')
    .action(async (runbook: string, { yes, ...flags }: RequestFlags & { yes?: true }) => {
      if (!yes && !flags.dryRun && !process.stdin.isTTY) throw new CliError(2, 'nobody can be asked here: say --yes, or --dry-run to look only')
      const options = client()
      const workflow = await submit(options, runbook, flags, asJson())
      if (!workflow) return
      // With --json the moments are all there is on stdout.
      process[asJson() ? 'stderr' : 'stdout'].write(`${planText(workflow)}\n`)
      if (workflow.state === 'ready') {
        if (!yes && !(await agreed(workflow.id))) return
        if (!(await execute(options, workflow.id, workflow.plan?.digest, asJson()))) return
      }
      process.exitCode = (await follow(options, workflow.id, { asJson: asJson(), timeoutMs: timeoutMs() })) ? 0 : 1
    })
}

async function agreed(id: string): Promise<boolean> {
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    if (/^y(es)?$/i.test((await asking.question('\nRun this? [y/N] ')).trim())) return true
  } finally {
    asking.close()
  }
  process.stderr.write(`nothing was run; within an hour \`paramedic exec ${id.slice(-6)}\` still does\n`)
  process.exitCode = 1
  return false
}

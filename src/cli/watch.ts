/** `paramedic watch`: follows a workflow to its end; 0 only if that was a good one. */
import type { Cli } from './main.ts'
import { json } from './client.ts'

const good = ['healed', 'completed', 'rehearsed']
const open = ['planning', 'ready', 'asking', 'waiting', 'running', 'stopping', 'verifying']

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('watch').description('follows a workflow to its end').argument('<id>').addHelpText('after', '\nExample:\n  paramedic watch 675e2e').action(async (id: string) => {
    for (let told = 0; ;) {
      const one = await json<any>(client(), 'GET', `/v1/workflows/${encodeURIComponent(id)}`)
      for (const moment of one.timeline.slice(told)) process.stdout.write(asJson() ? `${JSON.stringify(moment)}\n` : `${moment.at} ${moment.state}${moment.reason ? ` (${moment.reason})` : ''} ${moment.detail}\n`)
      told = one.timeline.length
      if (!open.includes(one.state)) {
        process.exitCode = good.includes(one.state) ? 0 : 1
        return
      }
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  })
}

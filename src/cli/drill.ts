/** `paramedic drill`: rehearses on things that are nobody's, while real work goes on. */
import type { Form } from '../http/schemas.ts'
import { drills } from '../core/entry.ts'
import type { Cli } from './main.ts'
import { CliError, idPath, json } from './client.ts'
import { alarm, clean, show } from './out.ts'

/** A tree must grow, die, and every runner answer. */
const withinMs = 60_000

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('drill').description('rehearses what must work in need, and puts on the log how it went; real work goes on')
    .argument('<what>', drills.join(', '))
    .addHelpText('after', '\nstop: a tree of processes that will not die is grown and stopped, by a stop that covers nothing else; people are told of it as of any stop.\nbreaker: an edge of its own fails until it opens, and heals.\nduplicates: one alert that is over is told of fifty times.\n\nExample:\n  paramedic drill stop')
    .action(async (what: string) => {
      if (!(drills as readonly string[]).includes(what)) throw new CliError(2, `there are the drills ${drills.join(', ')}`)
      const options = client()
      const drilled = await json<Form<'Drilled'>>({ ...options, timeoutMs: Math.max(options.timeoutMs, withinMs) }, 'POST', idPath('/v1/drills', what))
      show(asJson(), drilled, () => `${drilled.ok ? 'well' : alarm('NOT WELL')}: ${clean(drilled.detail)}, ${drilled.survivors} survivors, ${drilled.tookMs} ms in all`)
      if (!drilled.ok) process.exitCode = 1
    })
}

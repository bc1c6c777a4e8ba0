/** `paramedic reload`: the catalogue is read again; with --wait, until every live process runs it. */
import type { Form } from '../http/schemas.ts'
import { CliError, json, type ClientOptions } from './client.ts'
import type { Cli } from './main.ts'
import { clean, show } from './out.ts'

const everyMs = 250

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('reload').description('reads the catalogue again; 2 with its problems').option('--wait', 'until every live process runs it')
    .addHelpText('after', '\nExample:\n  paramedic reload --wait').action(async ({ wait }: { wait?: boolean }) => {
      const options = client()
      const { digest, problems } = await json<Form<'Reloaded'>>(options, 'POST', '/v1/reload')
      if (problems.length > 0) throw new CliError(2, clean(problems.join('\n')))
      if (digest === undefined) throw new CliError(1, 'no catalogue is in force')
      const runners = wait ? await untilAll(options, digest) : []
      show(asJson(), { digest, runners: runners.map(({ id, name }) => ({ id, name })) }, () => `in force: ${digest.slice(0, 12)}${wait ? ` on ${runners.length} of ${runners.length} processes` : ''}`)
    })
}

type Runner = Form<'RunnerList'>['items'][number]

async function untilAll(options: ClientOptions, digest: string): Promise<Runner[]> {
  const over = performance.now() + options.timeoutMs
  for (;;) {
    const live = (await json<Form<'RunnerList'>>(options, 'GET', '/v1/runners')).items.filter(({ fresh, lost }) => fresh && !lost)
    const behind = live.filter(({ catalogue }) => catalogue !== digest)
    if (live.length > 0 && behind.length === 0) return live
    if (performance.now() > over) throw new CliError(4, `not yet on ${behind.map(({ name, catalogue }) => `${name} (${catalogue.slice(0, 12) || 'none'})`).join(', ') || 'any process'}: look at its log`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

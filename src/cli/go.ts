/** `paramedic go`: lifts stops, and says what was held and what became of it. */
import type { Form } from '../http/schemas.ts'
import type { Cli } from './main.ts'
import { all, CliError, idPath, json, type ClientOptions } from './client.ts'
import { because, shorten, show } from './out.ts'
import { user } from './stop.ts'

type Stop = Form<'Stop'>
type Workflow = Form<'Workflow'>

/** How long what was held is watched: plans are made and judged anew. */
const watchMs = 5000
const undecided = ['planning', 'ready']

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('go').description('lifts stops; what they held goes through every gate again')
    .argument('[id...]', 'their ids, or the last six characters').requiredOption('--why <text>', 'why it is safe to go on')
    .option('--all', 'every stop in force')
    .addHelpText('after', '\nExample:\n  paramedic go 5ebf8f --why "the deploy is rolled back"\n  paramedic go --all --why "all clear"')
    .action(async (ids: string[], { why, all: every }: { why: string; all?: boolean }) => {
      if (ids.length === 0 && !every) throw new CliError(2, 'name the stops to lift, or say --all: for a lift, empty never means everything')
      if (ids.length > 0 && every) throw new CliError(2, 'name stops or say --all, not both')
      if (why.trim() === '') throw new CliError(2, '--why is empty: say why it is safe to go on')
      const options = client()
      const wanted = every ? (await all<Stop>(options, '/v1/stops')).filter(({ inForce }) => inForce).map(({ id }) => id) : ids
      const { lifted, failures } = await lift(options, wanted, why)
      const held = await follow(options, [...new Set(lifted.flatMap((stop) => stop.held))])
      const left = (await all<Stop>(options, '/v1/stops')).filter(({ inForce }) => inForce)
      show(asJson(), { lifted: lifted.map(({ id }) => id), held, inForce: left.map(({ id }) => id) }, () => text(lifted, held, left))
      for (const failure of failures) process.stderr.write(`${failure}\n`)
      if (failures.length > 0) process.exitCode = 1
    })
}

async function lift(options: ClientOptions, ids: readonly string[], why: string): Promise<{ lifted: Stop[]; failures: string[] }> {
  const lifted: Stop[] = []
  const failures: string[] = []
  for (const id of ids) {
    try {
      lifted.push(await json<Stop>(options, 'POST', idPath('/v1/stops', id, '/lift'), { why, who: user() }))
    } catch (problem) {
      if (!(problem instanceof CliError) || problem.exit !== 1) throw problem
      failures.push(`${id} was not lifted: ${problem.message}`)
    }
  }
  return { lifted, failures }
}

async function follow(options: ClientOptions, ids: readonly string[]): Promise<Workflow[]> {
  const over = performance.now() + watchMs
  for (;;) {
    const now = await Promise.all(ids.slice(0, 200).map((id) => json<Workflow>(options, 'GET', idPath('/v1/workflows', id))))
    if (!now.some(({ state }) => undecided.includes(state)) || performance.now() > over) return now
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

function text(lifted: readonly Stop[], held: readonly Workflow[], left: readonly Stop[]): string {
  const id = shorten([...lifted, ...held, ...left].map((one) => one.id))
  return [
    ...(lifted.length === 0 ? ['no stop was lifted'] : lifted.map((stop) => `lifted ${id(stop.id)} (${stop.matchers.join(', ') || 'everything'}), ${stop.held.length} held`)),
    ...held.map((one) => `  ${id(one.id)} ${one.runbook} on ${one.targets.join(', ')}: ${one.state}${one.reason || one.detail ? `, ${because(one)}` : ''}`),
    ...left.map((stop) => `still in force: ${id(stop.id)} (${stop.matchers.join(', ') || 'everything'}) by ${stop.who}`),
  ].join('\n')
}

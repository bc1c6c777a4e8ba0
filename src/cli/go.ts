/** `paramedic go`: lifts stops, and says what was held and what became of it. */
import { judging } from '../core/lifting.ts'
import { MatcherError } from '../core/matcher.ts'
import { readScope } from '../core/scope.ts'
import type { Form } from '../http/schemas.ts'
import type { Cli } from './main.ts'
import { CliError, idPath, json, type ClientOptions } from './client.ts'
import { because, clean, shorten, show } from './out.ts'
import { pull } from './stop.ts'
import { user, withWhy } from './word.ts'
import { stopsInForce } from './stops.ts'

type Stop = Form<'Stop'>
type Workflow = Form<'Workflow'>

/** How long what was held is watched: plans are made and judged anew. */
const watchMs = 5000
const proofWithinMs = 10_000
/** How many of those that were held are told one by one. */
const mostTold = 50

interface GoOptions {
  readonly why: string
  readonly all?: boolean
  readonly except?: readonly string[]
}

export const register = ({ program, client, asJson }: Cli): void => {
  withWhy(program.command('go').description('lifts stops; what they held goes through every gate again').argument('[id...]', 'their ids, or the last six characters'))
    .option('--all', 'every stop in force').option('--except <matcher...>', 'with --all: what stays stopped; that stop is pulled before the others are lifted')
    .addHelpText('after', '\nExample:\n  paramedic go 5ebf8f --why "the deploy is rolled back"\n  paramedic go --all --why "all clear"\n  paramedic go --all --except \'runbook="drain-node"\' --why "all clear but the nodes"')
    .action(async (ids: string[], given: GoOptions) => {
      check(ids, given)
      const options = client()
      const inForce = given.all ? await stopsInForce(options) : []
      const kept = given.except === undefined ? undefined : await keep(options, inForce, given)
      const { lifted, failures } = await lift(options, given.all ? inForce.map(({ id }) => id) : ids, given.why)
      const now = await follow(options, lifted.map(({ id }) => id))
      const heldIds = [...new Set(now.flatMap((stop) => stop.held))]
      const held = await Promise.all(heldIds.slice(0, mostTold).map((id) => json<Workflow>(options, 'GET', idPath('/v1/workflows', id))))
      const left = await stopsInForce(options)
      show(asJson(), { lifted: lifted.map(({ id }) => id), became: sum(now), held, inForce: left.map(({ id }) => id) }, () => text(now, { held, more: heldIds.length - held.length }, left, kept))
      for (const failure of failures) process.stderr.write(`${failure}\n`)
      if (failures.length > 0) process.exitCode = 1
    })
}

function check(ids: readonly string[], { all: every, except }: GoOptions): void {
  if (ids.length === 0 && !every) throw new CliError(2, 'name the stops to lift, or say --all: for a lift, empty never means everything')
  if (ids.length > 0 && every) throw new CliError(2, 'name stops or say --all, not both')
  if (except !== undefined && !every) throw new CliError(2, '--except goes with --all')
  try {
    if (except !== undefined && readScope(except).length === 0) throw new CliError(2, '--except names nothing')
  } catch (problem) {
    throw problem instanceof MatcherError ? new CliError(2, `--except cannot be read, and nothing was lifted: ${problem.message}`) : problem
  }
}

/** In force before anything is lifted. It kills only where one of the others did: what a pause let finish goes on. */
async function keep(options: ClientOptions, others: readonly Stop[], { except, why }: GoOptions): Promise<Stop> {
  const kind = others.some((stop) => stop.kind === 'kill') ? 'kill' : 'pause'
  return pull({ ...options, timeoutMs: proofWithinMs + 5000 }, { matchers: except, kind, why: `all but this goes on: ${why}`, who: user() }, proofWithinMs)
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

async function follow(options: ClientOptions, ids: readonly string[]): Promise<Stop[]> {
  const over = performance.now() + watchMs
  for (;;) {
    const now = await Promise.all(ids.map((id) => json<Stop>(options, 'GET', idPath('/v1/stops', id))))
    if (now.every(({ became }) => became?.[judging] === undefined) || performance.now() > over) return now
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

const sum = (stops: readonly Stop[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { became = {} } of stops) for (const [word, count] of Object.entries(became)) counts[word] = (counts[word] ?? 0) + count
  return counts
}

function text(lifted: readonly Stop[], { held, more }: { held: readonly Workflow[]; more: number }, left: readonly Stop[], kept: Stop | undefined): string {
  const id = shorten([...lifted, ...held, ...left].map((one) => one.id))
  const scope = ({ matchers }: Stop): string => clean(matchers.join(', ')) || 'everything'
  return [
    ...(kept === undefined ? [] : [`stays stopped: ${scope(kept)} (${id(kept.id)})`]),
    ...(lifted.length === 0 ? ['no stop was lifted'] : lifted.map((stop) => `lifted ${id(stop.id)} (${scope(stop)}), ${stop.held.length} held${reportOf(stop)}`)),
    ...held.map((one) => `  ${id(one.id)} ${one.runbook} on ${one.targets.join(', ')}: ${one.state}${one.reason || one.detail ? `, ${because(one)}` : ''}`),
    ...(more > 0 ? [`  and ${more} more; \`paramedic stops\` and \`paramedic status\` say how they go on`] : []),
    ...left.map((stop) => `still in force: ${id(stop.id)} (${scope(stop)}) by ${stop.who}`),
  ].join('\n')
}

/** `: 5 ran, 3 obsolete, 992 still waiting: rate` */
const reportOf = ({ became = {} }: Stop): string => (Object.keys(became).length === 0 ? '' : `: ${Object.entries(became).map(([word, count]) => `${count} ${word}`).join(', ')}`)

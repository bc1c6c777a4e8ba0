/** `paramedic backtest`: the alerts of the log through changed routes and policies, and the difference to what happened. */
import type { Catalogue } from '../core/catalogue.ts'
import { createBacktest, type Outcome, type Tried } from '../core/backtest.ts'
import { createFirstReading } from '../core/past.ts'
import type { State } from '../core/state.ts'
import { CliError } from './client.ts'
import { routeFirings, type Routed } from '../core/firings.ts'
import { history, sinceMs, withLogFlags } from './entries.ts'
import type { Cli } from './main.ts'
import { because, short, show, table } from './out.ts'
import { pastFirings, stepOf } from './prometheus.ts'

interface BacktestOptions extends Record<string, unknown> {
  readonly routes?: string
  readonly policies?: string
  readonly since: string
  readonly prometheus?: string
}

export const register = (cli: Cli): void => {
  withLogFlags(cli.program.command('backtest').description('the alerts of the log through changed routes and policies: what would have run, waited, been refused, and the difference to what happened'))
    .option('--routes <file>', 'a routes.yaml; without it those in force at the end of the log').option('--policies <folder>', 'a folder of policies; without it those in force').option('--since <duration>', 'how far back', '30d')
    .option('--prometheus <url>', 'without a log: the firings that Prometheus remembers, through the routes here')
    .addHelpText('after', '\nEach decision is judged where it stood, after what really ran before it. What needs a fact, a plan or a count that nobody recorded is\n`unknown`, and never counted as allowed.\n\nExample:\n  paramedic backtest --routes new/routes.yaml --policies new/policies --since 30d\n  paramedic backtest --prometheus http://prometheus:9090 --since 7d')
    .action((options: BacktestOptions) => (options.prometheus === undefined ? backtest(cli, options) : backtestFirings(cli, options.prometheus, options)))
}

async function backtest(cli: Cli, { routes, policies, since, ...options }: BacktestOptions): Promise<void> {
  const from = sinceMs(since)
  const first = createFirstReading()
  for await (const read of history(cli, options)) first.fold(read)
  const changed = await changedCatalogue(first.state, { routes, policies })
  const last = new Map(first.decisions.filter(({ counted }) => counted).map((decision) => [decision.entry.workflow, decision]))
  const again = createBacktest(changed, [...last.values()])
  for await (const read of history(cli, options, { again: true })) again.fold(read)
  const tried = again.tried().filter(({ at }) => at >= from)
  const differing = tried.filter(({ then, now }) => then.outcome !== now.outcome || then.reason !== now.reason)
  show(cli.asJson(), { tried: tried.length, then: countOf(tried, 'then'), now: countOf(tried, 'now'), differences: differing.map((one) => ({ ...one, at: new Date(one.at).toISOString() })) }, () => [
    table(['OUTCOME', 'THEN', 'NOW'], outcomesOf(tried).map((outcome) => [outcome, countOf(tried, 'then')[outcome] ?? 0, countOf(tried, 'now')[outcome] ?? 0])),
    `${differing.length} of ${tried.length} differ`,
    ...(differing.length === 0 ? [] : [table(['WHEN', 'ALERT', 'WORKFLOW', 'THEN', 'NOW'], differing.map(({ at, name, workflow, then, now }) => [new Date(at).toISOString(), name, workflow === undefined ? '' : short(workflow), say(then), say(now)]))]),
  ].join('\n'))
}

/** Of what has no log there is no plan: what a policy would say of it is unknown, and never counted as allowed. */
async function backtestFirings(cli: Cli, url: string, { routes, since, ...options }: BacktestOptions): Promise<void> {
  const [from, to] = [sinceMs(since), Date.now()]
  const [{ loaded }, { readCatalogue }, { printProblem }, { readChanged }] = await Promise.all([import('./configured.ts'), import('../catalog/read.ts'), import('../catalog/problem.ts'), import('../catalog/changed.ts')])
  const { config } = await loaded(options)
  const [{ catalogue, problems }, changed] = await Promise.all([readCatalogue(config.catalog), readChanged({ routes, policies: undefined })])
  if (!catalogue || changed.problems.length > 0) throw new CliError(2, [...problems, ...changed.problems].map(printProblem).join('\n'))
  const stepMs = stepOf(to - from)
  const routed = routeFirings(await pastFirings(url, { from, to, stepMs }), stepMs, { ...catalogue, ...(changed.routes ? { routes: changed.routes } : {}) })
  const count = (outcome: Routed['outcome']): number => routed.filter((one) => one.outcome === outcome).reduce((sum, { firings }) => sum + firings, 0)
  show(cli.asJson(), { since: new Date(from).toISOString(), now: { 'unknown': count('unknown'), 'no workflow': count('no workflow') }, routed }, () => [
    table(['FIRINGS', 'ALERT', 'OUTCOME', 'WHY'], routed.map(({ firings, alert, outcome, detail }) => [firings, alert, outcome, detail])),
    `${count('unknown') + count('no workflow')} firings, ${count('unknown')} with a runbook: what its policies would have said is unknown, for nobody made the plans`,
  ].join('\n'))
}

const say = (of: Outcome): string => [of.outcome, because(of)].filter(Boolean).join(', ')

const countOf = (tried: readonly Tried[], when: 'then' | 'now'): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const one of tried) counts[one[when].outcome] = (counts[one[when].outcome] ?? 0) + 1
  return counts
}

const outcomesOf = (tried: readonly Tried[]): string[] => [...new Set(tried.flatMap(({ then, now }) => [then.outcome, now.outcome]))].sort()

/** The runbooks are those of the log: of another script nobody recorded a plan. */
async function changedCatalogue(state: State, { routes, policies }: { routes: string | undefined; policies: string | undefined }): Promise<Catalogue> {
  const inForce = state.catalogue && state.catalogues.get(state.catalogue.digest)
  if (!inForce) throw new CliError(1, 'no catalogue was ever in force on this log')
  const [{ readChanged }, { printProblem }] = await Promise.all([import('../catalog/changed.ts'), import('../catalog/problem.ts')])
  const read = await readChanged({ routes, policies })
  if (read.problems.length > 0) throw new CliError(2, read.problems.map(printProblem).join('\n'))
  return { ...inForce, ...(read.routes ? { routes: read.routes } : {}), ...(read.policies ? { policies: read.policies } : {}) }
}

/** `paramedic routes coverage`: the alert rules that no route of the files here answers, and which route answers the others. */
import type { Route } from '../core/catalogue.ts'
import { CliError } from './client.ts'
import { loaded } from './configured.ts'
import type { Cli } from './main.ts'
import { show, table } from './out.ts'

export async function routesCoverage({ asJson }: Pick<Cli, 'asJson'>, files: readonly string[], options: Record<string, unknown>): Promise<void> {
  const [{ readCatalogue }, { readRules }, { printProblem }, { coverage }, { config }] = await Promise.all([
    import('../catalog/read.ts'), import('../catalog/rules.ts'), import('../catalog/problem.ts'), import('../core/coverage.ts'), loaded(options),
  ])
  const [{ catalogue, problems }, ...read] = await Promise.all([readCatalogue(config.catalog), ...files.map(readRules)])
  const all = [...problems, ...read.flatMap((one) => one.problems)]
  if (catalogue === undefined || all.length > 0) throw new CliError(2, all.map(printProblem).join('\n'))
  const { routes } = catalogue
  const cover = coverage(routes)
  const named = (index: number) => ({ route: index, source: routes[index]!.source, does: doing(routes[index]!) })
  const rules = read.flatMap((one) => one.rules).map((rule) => {
    const { route, some } = cover(rule)
    return { alert: rule.alert, rule: rule.source, answer: answerOf(route, some), by: route === undefined ? null : named(route), some: some.map(({ route: index, needs }) => ({ ...named(index), needs })) }
  })
  // What nobody answers comes first: that is what is looked for.
  const sorted = [...rules].sort((a, b) => order.indexOf(a.answer) - order.indexOf(b.answer))
  show(asJson(), sorted, () => sorted.length === 0 ? 'no alert rule is written there' : table(['ANSWER', 'ALERT', 'RULE', 'BY', 'ONLY IF'], sorted.flatMap((rule) => [
    ...rule.some.map(({ source, does, needs }) => [rule.answer, rule.alert, rule.rule, `${does} (${source})`, needs.join(', ')]),
    ...(rule.by === null ? (rule.some.length > 0 ? [] : [[rule.answer, rule.alert, rule.rule, '', '']]) : [[rule.answer, rule.alert, rule.rule, `${rule.by.does} (${rule.by.source})`, rule.some.length > 0 ? 'else' : '']]),
  ])))
  if (rules.some(({ answer }) => answer === 'none')) process.exitCode = 1
}

const order = ['none', 'some', 'all'] as const

const answerOf = (route: number | undefined, some: readonly unknown[]): (typeof order)[number] => (route !== undefined ? 'all' : some.length > 0 ? 'some' : 'none')

const doing = ({ runbook, mode, heartbeatMs, unmatched }: Route): string =>
  runbook !== undefined ? `${runbook.name}@${runbook.version}, ${mode}` : heartbeatMs !== undefined ? 'heartbeat' : unmatched === 'record' ? 'only recorded' : 'a person is told'

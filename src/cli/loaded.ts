/** `paramedic runbooks`, `routes`, `policies`: what the server has in force; and which route an alert takes, by the files here. */
import type { Form } from '../http/schemas.ts'
import { CliError, json } from './client.ts'
import { loaded, withConfigFlags } from './configured.ts'
import type { Cli } from './main.ts'
import { show, table } from './out.ts'

export const register = (cli: Cli): void => {
  const { program, client, asJson } = cli
  program.command('runbooks').description('the runbooks in force').argument('[name]', 'of this name only').addHelpText('after', '\nExample:\n  paramedic runbooks\n  paramedic runbooks scale-service')
    .action(async (name?: string) => {
      const items = (await json<Form<'RunbookList'>>(client(), 'GET', '/v1/runbooks')).items.filter((one) => name === undefined || one.name === name)
      if (name !== undefined && items.length === 0) throw new CliError(1, `no runbook ${name} is in force: \`paramedic runbooks\` lists those that are`)
      show(asJson(), items, () => table(['RUNBOOK', 'DIGEST', 'MODES', 'TRUST', 'TARGET', 'PROVIDER', 'POLICIES', 'STEPS', 'ABOUT'], items.map((one) => [
        `${one.name}@${one.version}`, one.digest.slice(0, 12), one.modes.join(', '), one.revoked ? 'revoked' : `${one.trust.is}, ${one.trust.heals} healed`, one.target, one.provider, one.policies.join(', '),
        one.steps.map((step) => `${step.name} (${step.effect})`).join(', '), one.about.split('\n')[0],
      ])))
    })
  program.command('policies').description('the policies in force').addHelpText('after', '\nExample:\n  paramedic policies').action(async () => {
    const { items } = await json<Form<'PolicyList'>>(client(), 'GET', '/v1/policies')
    show(asJson(), items, () => table(['RUNBOOK', 'POLICY', 'TYPE', 'SETTINGS', 'WHERE'], items.map((one) => [one.runbook, one.name, one.type, JSON.stringify(one.settings), one.source])))
  })
  const routes = program.command('routes').description('the routes in force, in their order').addHelpText('after', '\nExample:\n  paramedic routes').action(async () => {
    const { items } = await json<Form<'RouteList'>>(client(), 'GET', '/v1/routes')
    show(asJson(), items, () => table(['ROUTE', 'MATCHERS', 'RUNBOOK', 'MODE', 'WHERE'], items.map((one) =>
      [one.route, one.matchers.join(', '), one.runbook ?? (one.heartbeat === undefined ? one.unmatched : `heartbeat ${one.heartbeat}`), one.mode, one.source])))
  })
  withConfigFlags(routes.command('test').description('which route of the files here an alert takes, and why').argument('<label=value...>'))
    .addHelpText('after', '\nExample:\n  paramedic routes test alertname=HighRequestLatency severity=critical')
    .action(async (pairs: string[], options: Record<string, unknown>) => testRoutes(cli, pairs, options))
  withConfigFlags(routes.command('coverage').description('the alert rules of Prometheus that no route of the files here answers (exit 1 if there are any), and which route answers the others').argument('<rulefile...>'))
    .addHelpText('after', '\nA rule fixes some labels, others come with the series that it finds: `some` are answered only if those fit.\n\nExample:\n  paramedic routes coverage /etc/prometheus/rules/*.yaml')
    .action(async (files: string[], options: Record<string, unknown>) => (await import('./coverage.ts')).routesCoverage(cli, files, options))
}

async function testRoutes({ asJson }: Cli, pairs: readonly string[], options: Record<string, unknown>): Promise<void> {
  const labels = new Map(pairs.map((pair): [string, string] => {
    const at = pair.indexOf('=')
    if (at < 1) throw new CliError(2, `${pair} is not LABEL=VALUE`)
    return [pair.slice(0, at), unquoted(pair.slice(at + 1))]
  }))
  const [{ readCatalogue }, { printProblem }, { compileRoutes }, { config }] = await Promise.all([
    import('../catalog/read.ts'), import('../catalog/problem.ts'), import('../core/routing.ts'), loaded(options),
  ])
  const { catalogue, problems } = await readCatalogue(config.catalog)
  if (catalogue === undefined) throw new CliError(2, problems.map(printProblem).join('\n'))
  const { taken, because } = compileRoutes(catalogue.routes).explain(labels)
  const { runbook, mode, heartbeatMs, unmatched } = taken?.route ?? {}
  const named = runbook === undefined ? null : `${runbook.name}@${runbook.version}`
  const outcome = named !== null ? `${named}, mode ${mode}` : heartbeatMs !== undefined ? 'a heartbeat: people are told when it stays away' : `no runbook: ${unmatched === 'record' ? 'it is only recorded' : 'a person is told'}`
  show(asJson(), { route: taken?.index ?? null, runbook: named, mode: mode ?? null, because }, () => `${outcome}\n${because}`)
}

/** As people copy it from a rule: `severity="critical"`. */
const unquoted = (value: string): string => (/^".*"$/s.test(value) ? value.slice(1, -1) : value)

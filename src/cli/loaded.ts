/** `paramedic runbooks`, `routes`, `policies`: what the server has in force; and which route an alert takes, from the files here. */
import { loaded, withConfigFlags } from './configured.ts'
import type { Cli } from './main.ts'
import { CliError, json } from './client.ts'
import { show, table } from './out.ts'

export const register = (cli: Cli): void => {
  const { program, client, asJson } = cli
  program.command('runbooks').description('the runbooks in force').addHelpText('after', '\nExample:\n  paramedic runbooks').action(async () => {
    const { items } = await json<{ items: any[] }>(client(), 'GET', '/v1/runbooks')
    show(asJson(), items, () => table(['RUNBOOK', 'TARGET', 'PROVIDER', 'STEPS', 'ABOUT'], items.map((one) =>
      [`${one.name}@${one.version}`, one.target, one.provider, one.steps.map((step: any) => step.name).join(', '), one.about.split('\n')[0]])))
  })
  program.command('policies').description('the policies in force').addHelpText('after', '\nExample:\n  paramedic policies').action(async () => {
    const { items } = await json<{ items: Record<string, any[]> }>(client(), 'GET', '/v1/policies')
    show(asJson(), items, () => table(['RUNBOOK', 'POLICY', 'SETTINGS'], Object.entries(items).flatMap(([runbook, all]) => all.map((one) => [runbook, one.name, JSON.stringify(one.settings)]))))
  })
  const routes = program.command('routes').description('the routes in force').action(async () => {
    const { items } = await json<{ items: any[] }>(client(), 'GET', '/v1/routes')
    show(asJson(), items, () => table(['MATCHERS', 'RUNBOOK', 'MODE', 'WHERE'], items.map((one) =>
      [one.matchers.join(', '), one.runbook ? `${one.runbook.name}@${one.runbook.version}` : one.heartbeatMs ? 'heartbeat' : '', one.mode, one.source])))
  })
  withConfigFlags(routes.command('test').description('which route of the files here an alert takes').argument('<label=value...>'))
    .addHelpText('after', '\nExample:\n  paramedic routes test alertname=HighRequestLatency severity=critical').action(async (pairs: string[], options: Record<string, unknown>) => {
      const [{ readCatalogue }, { compileRoutes }, { config }] = await Promise.all([import('../catalog/read.ts'), import('../core/routing.ts'), loaded(options)])
      const reading = await readCatalogue(config.catalog)
      if (!reading.catalogue) throw new CliError(2, 'the catalogue has problems: `paramedic check` lists them')
      const labels = new Map(pairs.map((pair): [string, string] => {
        const at = pair.indexOf('=')
        if (at < 1) throw new CliError(2, `${pair}: write LABEL=VALUE`)
        return [pair.slice(0, at), pair.slice(at + 1)]
      }))
      const { taken, because } = compileRoutes(reading.catalogue.routes).explain(labels)
      const runbook = taken?.route.runbook && `${taken.route.runbook.name}@${taken.route.runbook.version}`
      show(asJson(), { route: taken?.index ?? null, runbook: runbook ?? null, mode: taken?.route.mode ?? null, because }, () => because)
    })
}

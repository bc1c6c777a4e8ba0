/** `paramedic check` and `init`: work on files, need no server. */
import { relative } from 'node:path'
import type { Problem } from '../catalog/problem.ts'
import type { Config } from '../config.ts'
import type { Catalogue } from '../core/catalogue.ts'
import { CliError } from './client.ts'
import { readConfig, withConfigFlags } from './configured.ts'
import type { Cli } from './main.ts'

interface CheckOptions extends Record<string, unknown> {
  readonly base?: string
  readonly alertmanagerConfig?: string
  readonly format: string
}

export const register = (cli: Cli): void => {
  withConfigFlags(cli.program.command('check').description('reads configuration, services, runbooks, routes and policies; lists every problem at once'))
    .option('--base <ref>', 'fails if a digest that was locked at this git ref changed').option('--alertmanager-config <file>', "Alertmanager's own: whether its intervals let each runbook heal in time").option('--format <how>', 'text or github', 'text')
    .addHelpText('after', '\nExample:\n  paramedic check\n  paramedic check --base origin/main --format github\n  paramedic check --alertmanager-config /etc/alertmanager/alertmanager.yml')
    .action((options: CheckOptions) => check(cli, options))
  cli.program.command('init').description('writes a catalogue repository of your own, which passes `check` as it is').argument('<dir>')
    .addHelpText('after', '\nExample:\n  paramedic init our-runbooks').action((dir: string) => init(cli, dir))
}

async function check({ asJson }: Cli, options: CheckOptions): Promise<void> {
  if (options.format !== 'text' && options.format !== 'github') throw new CliError(2, `--format takes text or github, not ${options.format}`)
  const [{ readCatalogue }, { annotateProblem }, { compareWithBase }, { printSettingProblem }] = await Promise.all([
    import('../catalog/read.ts'), import('../catalog/problem.ts'), import('../catalog/base.ts'), import('../config.ts'),
  ])
  const read = await readConfig(options)
  const folder = (key: string): string => read.shown.find((one) => one.key === key)!.value
  const folders = { runbooks: folder('catalog.runbooks'), policies: folder('catalog.policies') }
  const timing = options.alertmanagerConfig === undefined ? { problems: [] } : await (await import('../catalog/alertmanager-config.ts')).groupIntervalOf(options.alertmanagerConfig)
  const reading = await readCatalogue({ ...folders, ...(timing.groupIntervalMs === undefined ? {} : { groupIntervalMs: timing.groupIntervalMs }) })
  const changed = options.base === undefined ? [] : await compareWithBase(folders.runbooks, options.base)
  const problems: Problem[] = [...read.problems, ...await servicesProblems(read.config), ...timing.problems, ...reading.problems, ...changed]
  const github = options.format === 'github'
  for (const problem of problems) process.stderr.write(`${github ? annotateProblem({ ...problem, line: Math.max(1, problem.line) }) : printSettingProblem(problem)}\n`)
  for (const warning of reading.warnings) process.stderr.write(`${github ? annotateProblem(warning, 'warning') : `warning: ${printSettingProblem(warning)}`}\n`)
  const warnings = [...read.warnings, ...ungiven(reading.catalogue, read.config)]
  for (const warning of warnings) process.stderr.write(`${github ? `::warning::${warning}` : `warning: ${warning}`}\n`)
  const { runbooks = {}, routes = [], policies = {} } = reading.catalogue ?? {}
  if (asJson()) process.stdout.write(`${JSON.stringify({ digest: reading.catalogue?.digest ?? null, problems, warnings: [...reading.warnings, ...warnings] })}\n`)
  else if (problems.length === 0) process.stdout.write(`good: ${count(runbooks, 'runbook')}, ${count(routes, 'route')}, policies for ${Object.keys(policies).length}\n`)
  if (problems.length > 0) process.exitCode = 2
}

/** Of the file that declares this machine's services, without which a server that is told of it does not start. */
async function servicesProblems(config: Config | undefined): Promise<readonly Problem[]> {
  const file = config?.providers.local.services
  if (file === undefined) return []
  const { readServices, ServicesProblem } = await import('../providers/local-services.ts')
  return readServices(file).then(() => [], (problem: unknown) => {
    if (problem instanceof ServicesProblem) return problem.problems.map((one) => ({ ...one, path: relative('', one.path) }))
    throw problem
  })
}

/** What a runbook asks for and is not given: its step would fail when it is needed. Where no route runs it, it asks for nothing yet. */
const ungiven = (catalogue: Catalogue | undefined, config: Config | undefined): string[] =>
  Object.values(catalogue?.runbooks ?? {}).flatMap(({ name, version, secrets = [] }) => {
    const runs = catalogue!.routes.some(({ runbook, mode }) => mode !== 'off' && runbook?.name === name && runbook.version === version)
    return secrets.filter((secret) => runs && !config?.secrets.some((one) => one.name === secret && one.runbooks.includes(name)))
      .map((secret) => `${name}@${version} asks for the secret ${secret}, and \`secrets\` of the configuration gives it none of that name`)
  })

async function init({ asJson }: Cli, dir: string): Promise<void> {
  const [{ initCatalogue }, { printProblem }] = await Promise.all([import('../catalog/init/init.ts'), import('../catalog/problem.ts')])
  const { written, problems } = await initCatalogue(dir)
  if (problems.length > 0) throw new CliError(1, problems.map(printProblem).join('\n'))
  process.stdout.write(asJson() ? `${JSON.stringify({ written })}\n` : `${written.map((name) => `wrote ${name}`).join('\n')}\nnext: cd ${dir} && paramedic check  (\`npm link\`, said once in a checkout of Paramedic, puts it on your PATH)\n`)
}

const count = (some: object, what: string): string => `${Object.keys(some).length} ${what}${Object.keys(some).length === 1 ? '' : 's'}`

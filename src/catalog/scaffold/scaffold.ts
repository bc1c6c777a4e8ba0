/** `paramedic runbook new`: a runbook out of an alert that a person had to solve, with its trial, its route and its policies. Nothing that is there is overwritten. */
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compileRoutes } from '../../core/routing.ts'
import { shown } from '../files.ts'
import { printProblem } from '../problem.ts'
import { readCatalogue } from '../read.ts'
import { parseRoutes, type WrittenRoutes } from '../routes.ts'
import { checkShadows } from '../shadows.ts'
import { readText, routesName, type Folders } from '../sources.ts'
import { policyText, routeLines, scriptText, trialText, type Incident } from './texts.ts'

export interface Scaffolded {
  readonly written: readonly string[]
  /** The line of routes.yaml that the new route stands on. */
  readonly line: number
  readonly problems: readonly string[]
}

/** `problems` beside nothing written: why it is refused. Beside what was written: what `check` says of it, but that it is not released. */
export async function scaffold(name: string, incident: Incident, { runbooks, policies }: Folders): Promise<Scaffolded> {
  const refuse = (...problems: string[]): Scaffolded => ({ written: [], line: 0, problems })
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return refuse(`${name} is not a name for a runbook: small letters, digits and dashes, at most 63`)
  if ((incident.labels['alertname'] ?? '') === '') return refuse('the alert has no alertname: a route needs one')
  const files = [join(runbooks, name, '1.ts'), join(runbooks, name, '1.test.ts'), join(policies, `${name}.yaml`)]
  for (const path of [join(runbooks, name), files[2]!]) if (await stat(path).then(() => true, () => false)) return refuse(`${shown(path)} is there already: choose another name`)
  const routes = await readText(runbooks, routesName)
  const placed = place(name, incident, routes.source ?? 'routes:\n', routes.path)
  if ('problem' in placed) return refuse(placed.problem)
  await mkdir(join(runbooks, name), { recursive: true })
  const texts = [scriptText(incident), trialText(incident), policyText(name, incident)]
  for (const [at, text] of texts.entries()) await writeFile(files[at]!, text, { flag: 'wx' })
  await writeFile(join(runbooks, routesName), placed.text)
  const { problems } = await readCatalogue({ runbooks, policies })
  return { written: [...files.map((file) => shown(file)), routes.path], line: placed.line, problems: problems.filter(({ message }) => !message.startsWith(`${name}@1 is not released`)).map(printProblem) }
}

type Placed = { readonly text: string; readonly line: number } | { readonly problem: string }

/** Before the route that would take the alert now. With the alert's name alone, or, where that would take all from another route, with more of its labels. */
function place(name: string, { labels }: Incident, source: string, path: string): Placed {
  const before = parseRoutes({ name: routesName, path, source })
  if (before.problems.length > 0) return { problem: before.problems.map(printProblem).join('\n') }
  const taken = compileRoutes(before.routes.map(({ route }) => route)).route(new Map(Object.entries(labels)))
  if (taken?.route.runbook !== undefined) return { problem: `${taken.route.source} answers it already, by ${taken.route.runbook.name}@${taken.route.runbook.version}: write a new version of that` }
  const old = checkShadows(before).length
  const usual = ['alertname', 'severity', 'service', 'namespace', 'job'].filter((label) => labels[label])
  for (let count = 1; count <= usual.length; count++) {
    const placed = inserted(source, before, taken?.index, routeLines(name, usual.slice(0, count).map((label) => [label, labels[label]!])))
    const after = parseRoutes({ name: routesName, path, source: placed.text })
    if (after.problems.length === 0 && checkShadows(after).length <= old) return placed
  }
  return { problem: `no route for it can be put into ${path} without taking all from another: write it by hand` }
}

/** `at`: before which route, with the comment above that one; at the end without. */
function inserted(source: string, { routes }: WrittenRoutes, at: number | undefined, lines: readonly string[]): { text: string; line: number } {
  const rows = source.replace(/^routes: *\[\] *$/m, 'routes:').replace(/\n*$/, '\n').split('\n')
  const next = at === undefined ? undefined : routes[at]!.lineOf() - 1
  const indent = /^ */.exec(rows[(next ?? (routes[0]?.lineOf() ?? 0) - 1)] ?? '  ')![0]
  let line = next ?? rows.length - 1
  while (next !== undefined && line > 1 && /^\s*#/.test(rows[line - 1]!)) line--
  const block = lines.map((row) => `${routes.length === 0 ? '  ' : indent}${row}`)
  rows.splice(line, 0, ...(next === undefined ? block : [...block, '']))
  return { text: rows.join('\n'), line: line + 1 }
}

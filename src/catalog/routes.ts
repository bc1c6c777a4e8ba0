/** `runbooks/routes.yaml`: which alert takes which runbook, in which mode. First match wins. */
import { join } from 'node:path'
import { z } from 'zod'
import { modes, type Route } from '../core/catalogue.ts'
import { durationMs, durationProblem, parseDuration } from '../core/duration.ts'
import { MatcherError, parseMatchers, type Matcher } from '../core/matcher.ts'
import { readBounded, shown } from './files.ts'
import type { Problem } from './problem.ts'
import { text } from './scripts.ts'
import { checkShape } from './shape.ts'
import { lineAt, readYaml, type YamlNode } from './yaml.ts'

export interface WrittenRoute {
  readonly route: Route
  /** Empty where one of them could not be read. */
  readonly matchers: readonly Matcher[]
  readonly readable: boolean
  /** The line of a part of it, for problems that show when it is held against the rest. */
  lineOf(...path: PropertyKey[]): number
}

export interface WrittenRoutes {
  readonly routes: readonly WrittenRoute[]
  readonly path: string
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly source: string
}

export const routesName = 'routes.yaml'

const shape = z.strictObject({
  routes: z.array(z.strictObject({
    matchers: z.array(z.string()).max(64),
    runbook: z.string().optional(),
    mode: z.enum(modes).optional(),
    params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    heartbeat: z.string(durationProblem).refine((value) => parseDuration(value) !== undefined, durationProblem).optional(),
    unmatched: z.enum(['tell', 'record']).optional(),
    owner: z.string().min(1).max(256).optional(),
    channel: z.string().min(1).max(256).optional(),
  })).max(100_000),
})
type Written = z.infer<typeof shape>['routes'][number]

export async function readRoutes(runbooks: string): Promise<WrittenRoutes> {
  const path = shown(join(runbooks, routesName))
  const bytes = await readBounded(join(runbooks, routesName), 8 << 20)
  const source = text(bytes ?? new Uint8Array())
  const failed = (problems: Problem[]): WrittenRoutes => ({ routes: [], path, problems, warnings: [], source })
  if (bytes === undefined) return failed([{ path, line: 1, message: 'is missing: write `routes:` and below it what may be answered (`routes: []` for nothing)' }])
  const { root, problems } = readYaml(path, source)
  if (root === undefined) return failed(problems)
  for (const { map } of root.map.get('routes')?.node.list ?? []) joinSplit(map.get('matchers')?.node, source)
  const value = { ...(root.value as object), ...(root.map.has('routes') ? { routes: root.map.get('routes')!.node.list.map(plain) } : {}) }
  const checked = checkShape(shape, root.map.get('routes')?.node.kind === 'list' ? value : root.value, { path, lineOf: (at) => lineAt(root, at) })
  if (checked.value === undefined) return failed(checked.problems)
  const into: { problems: Problem[]; warnings: Problem[] } = { problems: [], warnings: [] }
  const routes = checked.value.routes.map((written, index) => readRoute(written, index, { path, root, into }))
  return { routes, path, ...into, source }
}

/** A route's map with its matchers as they are after `joinSplit`. */
const plain = ({ value, map }: YamlNode): unknown =>
  map.has('matchers') ? { ...(value as object), matchers: map.get('matchers')!.node.value } : value

/**
 * In `[x=~"a,b"]` YAML ends the first item at the comma, quotes or not. Nobody means half a matcher, so an item whose
 * quote stays open is read on, in the file's own text, to the item that closes it.
 */
function joinSplit(node: YamlNode | undefined, source: string): void {
  if (node?.kind !== 'list') return
  const { list } = node
  for (let index = 0; index < list.length; index++) {
    const item = list[index]!
    while (isOpen(item.value) && item.plain && list[index + 1]?.plain) {
      const [next] = list.splice(index + 1, 1)
      Object.assign(item, { end: next!.end, value: source.slice(item.start, next!.end) })
    }
  }
  node.value = list.map(({ value }) => value)
}

const isOpen = (value: unknown): boolean => typeof value === 'string' && (value.replace(/\\./g, '').match(/"/g)?.length ?? 0) % 2 === 1

interface Context {
  readonly path: string
  readonly root: YamlNode
  readonly into: { problems: Problem[]; warnings: Problem[] }
}

function readRoute(written: Written, index: number, { path, root, into }: Context): WrittenRoute {
  const lineOf = (...below: PropertyKey[]) => lineAt(root, ['routes', index, ...below])
  const say = (line: number, message: string) => void into.problems.push({ path, line, message: `routes[${index}]${message}` })
  const matchers = written.matchers.flatMap((one, place) => readMatcher(one, { line: lineOf('matchers', place), name: `routes[${index}].matchers[${place}]`, path, into }))
  const reference = written.runbook === undefined ? undefined : /^([a-z0-9][a-z0-9-]*)@([1-9]\d{0,8})$/.exec(written.runbook)
  if (reference === null) say(lineOf('runbook'), `.runbook must be name@version, not ${JSON.stringify(written.runbook)}`)
  if (written.runbook !== undefined && written.heartbeat !== undefined) say(lineOf('heartbeat'), '.heartbeat: a heartbeat is never answered by a runbook; write two routes')
  if (written.runbook === undefined && (written.mode ?? 'off') !== 'off') say(lineOf('mode'), `.mode is ${written.mode}, but there is no runbook to run`)
  if (written.runbook === undefined && written.params !== undefined) say(lineOf('params'), '.params are for a runbook, and there is none')
  if (written.runbook !== undefined && written.mode === undefined) {
    into.warnings.push({ path, line: lineOf(), message: `routes[${index}] has no mode, so ${written.runbook} does not run: write mode: dry-run, approve or auto` })
  }
  const { runbook: _, heartbeat, mode, params, matchers: texts, ...rest } = written
  const route = {
    matchers: texts, mode: mode ?? 'off', params: params ?? {}, source: `runbooks/${routesName}:${lineOf()}`, ...rest,
    ...(reference ? { runbook: { name: reference[1]!, version: Number(reference[2]) } } : {}),
    ...(heartbeat === undefined ? {} : { heartbeatMs: durationMs(heartbeat) }),
  } as Route
  return { route, matchers: matchers.flatMap((one) => one ?? []), readable: !matchers.includes(undefined), lineOf }
}

function readMatcher(written: string, at: { line: number; name: string; path: string; into: Context['into'] }): (Matcher | undefined)[] {
  try {
    const { list, warnings } = parseMatchers([written])
    at.into.warnings.push(...warnings.map((message) => ({ path: at.path, line: at.line, message: `${at.name} ${message}` })))
    return [...list]
  } catch (error) {
    if (!(error instanceof MatcherError)) throw error
    at.into.problems.push({ path: at.path, line: at.line, message: `${at.name} ${error.message}` })
    return [undefined]
  }
}

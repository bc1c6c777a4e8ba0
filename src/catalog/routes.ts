/** `runbooks/routes.yaml`: which alert takes which runbook, in which mode. First match wins. */
import { z } from 'zod'
import { modes, type Route } from '../core/catalogue.ts'
import { durationMs, durationProblem, parseDuration } from '../core/duration.ts'
import { MatcherError, parseMatchers, type Matcher } from '../core/matcher.ts'
import type { Problem } from './problem.ts'
import { providerName, targetLabels } from './definition.ts'
import { checkShape } from './shape.ts'
import { routesName, type TextFile } from './sources.ts'
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
  /** `name@version`, each with its line. */
  readonly revoked: ReadonlyMap<string, number>
  readonly path: string
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

const params = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional()
const time = z.string(durationProblem).refine((value) => parseDuration(value) !== undefined, durationProblem)
const routeShape = z.strictObject({
  matchers: z.array(z.string()).max(64),
  runbook: z.string().optional(),
  provider: providerName.optional(),
  target: targetLabels.optional(),
  mode: z.enum(modes).optional(),
  params,
  ladder: z.array(z.union([z.string(), z.strictObject({ runbook: z.string(), params }, )], 'must be name@version, or { runbook, params }')).min(1).max(8).optional(),
  trust: z.enum(['granted']).optional(),
  promote: z.strictObject({ heals: z.int().min(1).max(1000), in: time }).optional(),
  canary: z.strictObject({ runbook: z.string(), share: z.int().min(1).max(99), failures: z.int().min(1).max(1000).default(1) }).optional(),
  heartbeat: time.optional(),
  unmatched: z.enum(['tell', 'record']).optional(),
  owner: z.string().min(1).max(256).optional(),
  channel: z.string().min(1).max(256).optional(),
  approvers: z.array(z.string().min(1).max(256)).min(1, 'is empty: name who may approve, or leave it out').max(100).optional(),
})
const shape = z.strictObject({
  routes: z.array(routeShape).max(100_000),
  revoked: z.array(z.string()).max(10_000).optional(),
})
/** `name@version` */
const reference = /^([a-z0-9][a-z0-9-]*)@([1-9]\d{0,8})$/

type Written = z.infer<typeof routeShape>

export function parseRoutes({ path, source }: TextFile): WrittenRoutes {
  const failed = (problems: Problem[]): WrittenRoutes => ({ routes: [], revoked: new Map(), path, problems, warnings: [] })
  if (source === undefined) {
    const message = 'is missing: write `routes:` and below it what may be answered (`routes: []` for nothing)'
    return failed([{ path, line: 1, message }])
  }
  const { root, problems } = readYaml(path, source)
  if (root === undefined) return failed(problems)
  const list = root.map.get('routes')?.node
  for (const { map } of list?.list ?? []) joinSplit(map.get('matchers')?.node, source)
  const value = list?.kind === 'list' ? { ...(root.value as object), routes: list.list.map(joined) } : root.value
  const checked = checkShape(shape, value, { path, lineOf: (at) => lineAt(root, at) })
  if (list?.kind !== 'list') return failed(checked.problems)
  const into: Context['into'] = { problems: checked.problems, warnings: [] }
  // One that is wrong does not hide what is wrong with the others.
  const written = checked.value?.routes ?? list.list.map((one) => routeShape.safeParse(joined(one)).data)
  const routes = written.map((one, index) => readRoute(one ?? nothing, index, { path, root, into }, one !== undefined))
  const revoked = (checked.value?.revoked ?? []).map((id, index): [string, number] => [id, lineAt(root, ['revoked', index])])
  for (const [id, line] of revoked) if (!reference.test(id)) into.problems.push({ path, line, message: `revoked must name each as name@version, not ${JSON.stringify(id)}` })
  return { routes, revoked: new Map(revoked), path, ...into }
}

/** A route's map with its matchers as they are after `joinSplit`. */
const joined = ({ value, map }: YamlNode): unknown =>
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

const isOpen = (value: unknown): boolean =>
  typeof value === 'string' && (value.replace(/\\./g, '').match(/"/g)?.length ?? 0) % 2 === 1

interface Context {
  readonly path: string
  readonly root: YamlNode
  readonly into: { problems: Problem[]; warnings: Problem[] }
}

const nothing: Written = { matchers: [] }

function readRoute(written: Written, index: number, { path, root, into }: Context, wellFormed: boolean): WrittenRoute {
  const lineOf = (...below: PropertyKey[]) => lineAt(root, ['routes', index, ...below])
  const name = `routes[${index}]`
  const say = (kind: 'problems' | 'warnings', key: keyof Written, message: string) =>
    void into[kind].push({ path, line: lineOf(key), message: `${name}.${key}${message}` })
  checkKeys(written, say)
  const matchers = written.matchers.map((one, place) =>
    readMatcher(one, { line: lineOf('matchers', place), name: `${name}.matchers[${place}]`, path, into }))
  const named = referenced(written.runbook)
  const { runbook: _, provider, target, heartbeat, mode, params, ladder, trust, promote, canary, matchers: texts, unmatched, owner, channel, approvers } = written
  const route: Route = {
    matchers: texts, mode: mode ?? 'off', params: params ?? {}, source: `runbooks/${routesName}:${lineOf()}`,
    ...(named === undefined ? {} : { runbook: named }),
    ...(ladder === undefined ? {} : { ladder: ladder.flatMap((rung) => rungOf(rung) ?? []) }),
    ...(provider === undefined ? {} : { provider }),
    ...(target === undefined ? {} : { target }),
    ...(trust === undefined ? {} : { trust }),
    ...(promote === undefined ? {} : { promote: { heals: promote.heals, inMs: durationMs(promote.in) } }),
    ...(canary === undefined ? {} : { canary: { share: canary.share, failures: canary.failures, runbook: referenced(canary.runbook) ?? { name: '', version: 0 } } }),
    ...(heartbeat === undefined ? {} : { heartbeatMs: durationMs(heartbeat) }),
    ...(unmatched === undefined ? {} : { unmatched }),
    ...(owner === undefined ? {} : { owner }),
    ...(channel === undefined ? {} : { channel }),
    ...(approvers === undefined ? {} : { approvers }),
  }
  return { route, matchers: matchers.flatMap((one) => one ?? []), readable: wellFormed && !matchers.includes(undefined), lineOf }
}

type Say = (kind: 'problems' | 'warnings', key: keyof Written, message: string) => void

const referenced = (text = ''): Route['runbook'] => {
  const [, name, version] = reference.exec(text) ?? []
  return name === undefined ? undefined : { name, version: Number(version) }
}

const rungOf = (written: NonNullable<Written['ladder']>[number]): NonNullable<Route['ladder']>[number] | undefined => {
  const { runbook: text, params = {} } = typeof written === 'string' ? { runbook: written } : written
  const runbook = referenced(text)
  return runbook && { runbook, params }
}

/** Keys that make no sense beside each other. */
function checkKeys({ runbook, heartbeat, mode, params, provider, target, ladder = [], trust, promote, canary }: Written, say: Say): void {
  if (runbook === undefined) {
    if (provider !== undefined || target !== undefined) say('problems', provider === undefined ? 'target' : 'provider', ' is for a runbook, and there is none')
    if ((mode ?? 'off') !== 'off') say('problems', 'mode', ` is ${mode}, but there is no runbook to run`)
    if (params !== undefined) say('problems', 'params', ' are for a runbook, and there is none')
    for (const [key, value] of Object.entries({ trust, promote, canary })) if (value !== undefined) say('problems', key as keyof Written, ' is for a runbook, and there is none')
    if (ladder.length > 0) say('problems', 'ladder', ' goes on from a runbook, and there is none')
    return
  }
  if (!reference.test(runbook)) say('problems', 'runbook', ` must be name@version, not ${JSON.stringify(runbook)}`)
  const name = runbook.split('@')[0]
  if (canary !== undefined && (!reference.test(canary.runbook) || canary.runbook === runbook || canary.runbook.split('@')[0] !== name)) say('problems', 'canary', ` must be another version of ${name}, as name@version`)
  if (trust !== undefined && promote !== undefined) say('problems', 'promote', ': what is granted already is never promoted; write one of the two')
  const rungs = ladder.map((rung) => (typeof rung === 'string' ? rung : rung.runbook))
  const bad = rungs.find((rung) => !reference.test(rung))
  if (bad !== undefined) say('problems', 'ladder', ` must name each as name@version, not ${JSON.stringify(bad)}`)
  // What did not help is not tried again on the same episode.
  const twice = rungs.find((rung, index) => [runbook, ...rungs.slice(0, index)].includes(rung))
  if (twice !== undefined) say('problems', 'ladder', ` names ${twice} a second time: what did not help is not tried again`)
  if (heartbeat !== undefined) say('problems', 'heartbeat', ': a heartbeat is never answered by a runbook; write two routes')
  else if (mode === undefined) say('warnings', 'mode', ` is not given, so ${runbook} does not run: write dry-run, approve or auto`)
}

/** Undefined if it cannot be read. */
function readMatcher(
  written: string, at: { line: number; name: string; path: string; into: Context['into'] },
): readonly Matcher[] | undefined {
  const say = (kind: 'problems' | 'warnings', message: string) =>
    void at.into[kind].push({ path: at.path, line: at.line, message: `${at.name} ${message}` })
  try {
    const { list, warnings } = parseMatchers([written])
    for (const warning of warnings) say('warnings', warning)
    return list
  } catch (error) {
    if (!(error instanceof MatcherError)) throw error
    say('problems', error.message)
    return undefined
  }
}

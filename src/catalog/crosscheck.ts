/** Routes, runbooks and policies held against each other: what each file alone cannot show. */
import { runbookId, type PolicyEntry, type RunbookManifest } from '../core/catalogue.ts'
import { formatDuration } from '../core/duration.ts'
import { checkParams } from '../core/params.ts'
import { didYouMean } from './nearest.ts'
import type { WrittenPolicies } from './policies.ts'
import type { Problem } from './problem.ts'
import type { WrittenRoute, WrittenRoutes } from './routes.ts'
import type { Script } from './scripts.ts'
import { definitionLine } from './definition.ts'

export interface Parts {
  readonly scripts: readonly Script[]
  /** Of those scripts that could be described, by `name@version`. */
  readonly manifests: ReadonlyMap<string, RunbookManifest>
  readonly routes: WrittenRoutes
  readonly policies: WrittenPolicies
  /** Alertmanager's group_interval where it was told; a minute, and only a warning, where it was not. */
  readonly groupIntervalMs: number | undefined
}

export interface Findings {
  readonly problems: Problem[]
  readonly warnings: Problem[]
}

export function crossCheck(parts: Parts): Findings {
  const into: Findings = { problems: [], warnings: [] }
  for (const [index, written] of parts.routes.routes.entries()) {
    const say = (kind: keyof Findings, line: number, message: string) =>
      void into[kind].push({ path: parts.routes.path, line, message: `routes[${index}]${message}` })
    checkScope(written, say)
    checkRunbook(written, parts, say)
  }
  checkPolicyNames(parts, into)
  for (const script of parts.scripts) checkHealing(script, parts, into)
  return into
}

type Say = (kind: keyof Findings, line: number, message: string) => void

/** Empty never means everything: every route names an alert, and one that acts cannot be taken by an alert that says nothing. */
function checkScope({ route, matchers, readable, lineOf }: WrittenRoute, say: Say): void {
  if (!readable) return
  const line = lineOf('matchers')
  const acts = route.runbook !== undefined || route.heartbeatMs !== undefined
  if (matchers.length === 0) {
    const instead = acts ? 'name the alert' : 'write alertname=~".+" to take every alert that has a name'
    say('problems', line, `.matchers is empty: empty never means everything, so ${instead}`)
  } else if (acts && matchers.every((matcher) => matcher.test(''))) {
    say('problems', line, '.matchers would take an alert without any label: name the alert, for example alertname="…"')
  }
}

function checkRunbook(written: WrittenRoute, parts: Parts, say: Say): void {
  const { route, matchers, readable, lineOf } = written
  if (route.runbook === undefined) return
  checkNamed({ runbook: route.runbook, params: route.params, at: [] }, written, parts, say)
  if (route.canary !== undefined) checkNamed({ runbook: route.canary.runbook, params: route.params, at: ['canary'] }, written, parts, say)
  for (const [index, rung] of (route.ladder ?? []).entries()) checkNamed({ ...rung, at: ['ladder', index] }, written, parts, say)
  const manifest = parts.manifests.get(runbookId(route.runbook))
  const entries = parts.policies.entries.get(route.runbook.name) ?? []
  if (route.mode === 'off' || entries.length === 0 || manifest === undefined || !readable) return
  checkTargets({ manifest, label: route.target ?? manifest.target, matchers, entries }, (message) => say('problems', lineOf(), message))
}

/** A version that a route names, at its place there. */
interface NamedRunbook {
  readonly runbook: NonNullable<WrittenRoute['route']['runbook']>
  readonly params: WrittenRoute['route']['params']
  readonly at: readonly PropertyKey[]
}

function checkNamed({ runbook, params, at }: NamedRunbook, { route, lineOf }: WrittenRoute, parts: Parts, say: Say): void {
  const id = runbookId(runbook)
  const { name } = runbook
  const place = at.length === 0 ? '.runbook' : at.length === 1 ? '.canary' : `.ladder[${String(at[1])}]`
  const line = at.length === 0 ? lineOf('runbook') : lineOf(...at)
  if (!parts.scripts.some((script) => script.id === id)) return say('problems', line, `${place}: ${missing(name, id, parts.scripts)}`)
  if (parts.routes.revoked.has(id)) say('warnings', line, `${place}: ${id} is revoked, so it never runs`)
  const manifest = parts.manifests.get(id)
  for (const { param, problem } of manifest === undefined ? [] : checkParams(manifest.params, params).problems) {
    const known = Object.keys(manifest!.params)
    const meant = known.includes(param) ? '' : didYouMean(param, known)
    say('problems', lineOf(...at, 'params', param), `${at.length === 0 ? '' : place}.params.${param} ${problem}${meant}`)
  }
  if (route.mode !== 'off' && (parts.policies.entries.get(name) ?? []).length === 0) say('warnings', line, `${place}: no policy is written for ${name}, so every plan of it is refused`)
}

function missing(name: string, id: string, scripts: readonly Script[]): string {
  const versions = scripts.filter((script) => script.name === name).map(({ version }) => version)
  if (versions.length > 0) return `there is no ${id}; of ${name} there are: ${versions.join(', ')}`
  return `there is no runbook ${name}${didYouMean(name, scripts.map((script) => script.name))}`
}

/** A route that pins its target to what no policy allows can only ever be refused. */
function checkTargets(
  of: { manifest: RunbookManifest; label: string; matchers: WrittenRoute['matchers']; entries: readonly PolicyEntry[] }, say: (message: string) => void,
): void {
  const named = (type: string) =>
    of.entries.filter((entry) => entry.type === type).map(({ settings }) => settings['names'] as string[])
  const [first, ...others] = named('targets')
  if (first === undefined) return
  const refused = named('excluded').flat()
  const allowed = first.filter((name) => others.every((list) => list.includes(name)) && !refused.includes(name))
  const names = of.label.split('/')
  const pins = of.matchers.filter((matcher) => names.includes(matcher.name))
  const valueOf = (target: string, label: string): string => (names.length === 1 ? target : (target.split('/')[names.indexOf(label)] ?? ''))
  if (allowed.some((target) => pins.every((matcher) => matcher.test(valueOf(target, matcher.name))))) return
  const some = `${allowed.slice(0, 5).join(', ')}${allowed.length > 5 ? ` and ${allowed.length - 5} more` : ''}`
  const why = allowed.length === 0 ? 'its policies allow no target at all'
    : `its policies allow ${some}, and ${pins.map(({ text }) => text).join(', ')} takes none of them`
  say(` can never act: ${of.manifest.name} touches what the label ${of.label} names; ${why}`)
}

function checkPolicyNames({ policies, scripts }: Parts, into: Findings): void {
  for (const [name, entries] of policies.entries) {
    const known = scripts.map((script) => script.name)
    const say = (kind: keyof Findings, message: string) => void into[kind].push({ ...policies.places.get(name)!, message })
    if (!known.includes(name)) say('problems', `there is no runbook ${name}${didYouMean(name, known)}`)
    else if (entries.length === 0) say('warnings', `the list of policies for ${name} is empty, so every plan of it is refused`)
    else if (!entries.some(({ type }) => type === 'targets')) {
      say('warnings', `no policy of type targets says what ${name} may touch, so it may touch whatever an alert names`)
    }
  }
}

/** Alertmanager tells of an end at its next group_interval, and only from the one after that it can be counted on. */
function checkHealing(script: Script, { manifests, groupIntervalMs }: Parts, into: Findings): void {
  const manifest = manifests.get(script.id)
  const interval = groupIntervalMs ?? 60_000
  if (manifest === undefined || manifest.healedWithinMs >= 2 * interval) return
  const told = groupIntervalMs !== undefined
  const message = `healedWithin is ${formatDuration(manifest.healedWithinMs)}, but ${told ? '' : 'where '}Alertmanager's ` +
    `group_interval is ${formatDuration(interval)}${told ? ', and' : ''} the end of an alert may take twice that to be told: ` +
    `make it at least ${formatDuration(2 * interval)}`
  const line = definitionLine(script.source, ['healedWithin'])
  into[told ? 'problems' : 'warnings'].push({ path: script.shown, line, message })
}

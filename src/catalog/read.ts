/**
 * The catalogue as it stands in its folders, or everything that is wrong with it. Nothing of a catalogue with a problem
 * is used: whoever reads keeps the last good one.
 */
import { tmpdir } from 'node:os'
import { canonical } from '../core/canonical.ts'
import { mostCatalogueBytes, runbookId, type Catalogue } from '../core/catalogue.ts'
import { mostPartBytes, sizeOf } from '../core/catalogue-parts.ts'
import { crossCheck } from './crosscheck.ts'
import { readDefinition } from './definition.ts'
import { describeScripts } from './describe.ts'
import { sha256 } from './files.ts'
import { checkImports } from './imports.ts'
import { checkLock, parseLock } from './lock.ts'
import { parsePolicies } from './policies.ts'
import { sortProblems, type Problem } from './problem.ts'
import { parseRoutes } from './routes.ts'
import type { Script } from './scripts.ts'
import { checkShadows } from './shadows.ts'
import { readSources, type Folders } from './sources.ts'
import { strippedFiles } from './strip.ts'

export interface CatalogueOptions extends Folders {
  /** What Alertmanager's own configuration says, where it is known. */
  readonly groupIntervalMs?: number
  /** For all scripts together to be imported. 10 s. */
  readonly importTimeoutMs?: number
  /** A folder for short-lived copies of the scripts. The system's own for such things. */
  readonly scratch?: string
}

export interface Reading {
  /** Absent if there is any problem. */
  readonly catalogue?: Catalogue
  readonly problems: readonly Problem[]
  /** Nothing is refused for these. */
  readonly warnings: readonly Problem[]
  /** What `materialise` copies. */
  readonly scripts: readonly Script[]
  /** Equal as long as no file says something else. */
  readonly fingerprint: string
}

export async function readCatalogue(options: CatalogueOptions): Promise<Reading> {
  const sources = await readSources(options)
  const { scripts, fingerprint } = sources
  const lock = parseLock(sources.lock.source ?? '', sources.lock.path)
  const routes = parseRoutes(sources.routes)
  const policies = parsePolicies(sources.policies, sources.modules)
  const { manifests, problems: ofScripts } = await readManifests(scripts, options)
  const crossed = crossCheck({ scripts, manifests, routes, policies, groupIntervalMs: options.groupIntervalMs })
  const problems = sortProblems([
    ...sources.problems, ...lock.problems, ...checkLock(scripts, lock),
    ...ofScripts, ...routes.problems, ...policies.problems, ...crossed.problems, ...checkShadows(routes),
  ])
  const warnings = sortProblems([...routes.warnings, ...crossed.warnings])
  const parts = {
    routes: routes.routes.map(({ route }) => route),
    runbooks: Object.fromEntries(manifests),
    policies: Object.fromEntries(policies.entries),
    ...(routes.revoked.size === 0 ? {} : { revoked: [...routes.revoked.keys()] }),
  }
  const catalogue: Catalogue = { digest: sha256(canonical(parts)), ...parts }
  problems.push(...checkSize(catalogue, { routes: routes.path, policies: options.policies, runbooks: options.runbooks }))
  return { ...(problems.length === 0 ? { catalogue } : {}), problems, warnings, scripts, fingerprint }
}

/** What each script declares; those whose text is wrong already are not imported. */
async function readManifests(scripts: readonly Script[], { importTimeoutMs: timeoutMs = 10_000, scratch = tmpdir() }: CatalogueOptions) {
  const texts = scripts.map((script) => ({ script, problems: [...checkImports(script), ...strippedFiles(script).problems] }))
  const importable = texts.filter(({ problems }) => problems.length === 0).map(({ script }) => script)
  const definitions = (await describeScripts(importable, { timeoutMs, scratch })).map(({ script, definition, failure }) =>
    failure === undefined ? readDefinition(script, definition) : { manifest: undefined, problems: [failure] })
  const manifests = definitions.flatMap(({ manifest }) => manifest ?? [])
  return {
    manifests: new Map(manifests.map((manifest) => [runbookId(manifest), manifest])),
    problems: [...texts, ...definitions].flatMap(({ problems }) => problems),
  }
}

/** What does not fit on the log would be refused there, by every server, without a word of what to do. */
function checkSize(catalogue: Catalogue, paths: Readonly<Record<keyof typeof shrink, string>>): Problem[] {
  const kilobytes = (part: unknown): string => `${Math.ceil(sizeOf(part) / 1000)} kB`
  if (sizeOf(catalogue) > mostCatalogueBytes) {
    const [largest] = (Object.keys(shrink) as (keyof typeof shrink)[]).toSorted((a, b) => sizeOf(catalogue[b]) - sizeOf(catalogue[a]))
    const parts = `routes ${kilobytes(catalogue.routes)}, runbooks ${kilobytes(catalogue.runbooks)}, policies ${kilobytes(catalogue.policies)}`
    const message = `the catalogue is ${kilobytes(catalogue)} on the log, and at most ${mostCatalogueBytes / 1000} kB fit there (${parts}): ${shrink[largest!]}, or run one Paramedic per cluster or team, each with its own catalogue and log`
    return [{ path: paths[largest!], line: 1, message }]
  }
  const large = (kind: keyof typeof shrink, items: readonly (readonly [name: string, item: unknown])[]): Problem[] =>
    items.filter((item) => sizeOf(item) > mostPartBytes).map(([name, item]) =>
      ({ path: paths[kind], line: 1, message: `${name} is ${kilobytes(item)} on the log, and at most ${mostPartBytes / 1000} kB fit into one entry: ${shrink[kind]}` }))
  return [
    ...large('routes', catalogue.routes.map((route, index) => [`routes[${index}]`, route])),
    ...large('runbooks', Object.entries(catalogue.runbooks)),
    ...large('policies', Object.entries(catalogue.policies).map(([name, entries]) => [`what stands for ${name}`, entries])),
  ]
}

const shrink = {
  routes: 'join routes that differ only in a value (alertname=~"A|B"), and drop those that a later one covers',
  runbooks: 'delete versions that no route names and nothing runs any more',
  policies: 'name targets by a pattern instead of one by one',
} as const

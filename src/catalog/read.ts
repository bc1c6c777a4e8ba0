/**
 * The catalogue as it stands in its folders, or everything that is wrong with it. Nothing of a catalogue with a problem
 * is used: whoever reads keeps the last good one.
 */
import { canonical } from '../core/canonical.ts'
import type { Catalogue, RunbookManifest } from '../core/catalogue.ts'
import { crossCheck } from './crosscheck.ts'
import { readDefinition } from './definition.ts'
import { describeScripts } from './describe.ts'
import { sha256 } from './files.ts'
import { checkImports } from './imports.ts'
import { checkLock, readLock } from './lock.ts'
import { readPolicies } from './policies.ts'
import { sortProblems, type Problem } from './problem.ts'
import { readRoutes } from './routes.ts'
import { readScripts, type Script } from './scripts.ts'
import { checkShadows } from './shadows.ts'
import { strippedFiles } from './strip.ts'

export interface CatalogueOptions {
  readonly runbooks: string
  readonly policies: string
  /** What Alertmanager's own configuration says, where it is known. */
  readonly groupIntervalMs?: number
  /** Digests that the log has run, by `name@version`: none of them may come back as something else. */
  readonly known?: Readonly<Record<string, string>>
  /** For all scripts together to be imported. 10 s. */
  readonly importTimeoutMs?: number
}

export interface Reading {
  /** Absent if there is any problem. */
  readonly catalogue?: Catalogue
  readonly problems: readonly Problem[]
  /** Nothing is refused for these. */
  readonly warnings: readonly Problem[]
  /** What `materialise` copies. */
  readonly scripts: readonly Script[]
  /** sha256 over all that was read: equal as long as no file changed. */
  readonly fingerprint: string
}

export async function readCatalogue(options: CatalogueOptions): Promise<Reading> {
  const sources = await readSources(options)
  const { scripts, lock, routes, policies } = sources
  const texts = scripts.map((script) => ({ script, problems: [...checkImports(script), ...strippedFiles(script).problems] }))
  const importable = texts.filter(({ problems }) => problems.length === 0).map(({ script }) => script)
  const described = await describeScripts(importable, { timeoutMs: options.importTimeoutMs ?? 10_000 })
  const definitions = described.map(({ script, definition, failure }) =>
    failure === undefined ? readDefinition(script, definition) : { manifest: undefined, problems: [failure] })
  const manifests = new Map(definitions.flatMap(({ manifest }) => (manifest === undefined ? [] : [[`${manifest.name}@${manifest.version}`, manifest] as const])))
  const crossed = crossCheck({ scripts, manifests, routes, policies, groupIntervalMs: options.groupIntervalMs })
  const problems = sortProblems([
    ...sources.problems, ...lock.problems, ...checkLock(scripts, lock), ...checkKnown(scripts, options.known ?? {}),
    ...texts.flatMap((one) => one.problems), ...definitions.flatMap((one) => one.problems),
    ...routes.problems, ...policies.problems, ...crossed.problems, ...checkShadows(routes),
  ])
  const warnings = sortProblems([...routes.warnings, ...crossed.warnings])
  const rest = { problems, warnings, scripts, fingerprint: sources.fingerprint }
  if (problems.length > 0) return rest
  return { catalogue: catalogueOf(manifests, routes.routes.map(({ route }) => route), policies.entries), ...rest }
}

function catalogueOf(manifests: Map<string, RunbookManifest>, routes: Catalogue['routes'], entries: ReadonlyMap<string, Catalogue['policies'][string]>): Catalogue {
  const parts = { routes, runbooks: Object.fromEntries(manifests), policies: Object.fromEntries(entries) }
  return { digest: sha256(canonical(parts)), ...parts }
}

/** Everything is read once, and all that follows works on what was read. */
async function readSources(folders: { runbooks: string; policies: string }) {
  const [{ scripts, problems }, lock, routes, policies] = await Promise.all([
    readScripts(folders.runbooks), readLock(folders.runbooks), readRoutes(folders.runbooks), readPolicies(folders.policies),
  ])
  const all: (readonly [string, string])[] = [
    ...scripts.map(({ id, digest }) => [id, digest] as const), ['lock', lock.source], ['routes', routes.source], ...policies.read,
    ...problems.map(({ path, message }) => [path, message] as const),
  ]
  return { scripts, problems, lock, routes, policies, fingerprint: sha256(JSON.stringify(all)) }
}

/** Whether anything changed, without judging what it became. */
export const fingerprintOf = async (folders: { runbooks: string; policies: string }): Promise<string> => (await readSources(folders)).fingerprint

function checkKnown(scripts: readonly Script[], known: Readonly<Record<string, string>>): Problem[] {
  return scripts.filter(({ id, digest }) => Object.hasOwn(known, id) && known[id] !== digest).map(({ id, digest, shown }) => ({
    path: shown, line: 1,
    message: `${id} has run here as another script (${known[id]!.slice(0, 12)}, now ${digest.slice(0, 12)}): put that one back, and write the change as a new version`,
  }))
}

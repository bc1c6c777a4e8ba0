/** A version that has run never comes back as another script. */
import type { Problem } from './problem.ts'
import type { Script } from './scripts.ts'

export type Known = Readonly<Record<string, string>>

export function checkKnown(scripts: readonly Pick<Script, 'id' | 'digest' | 'shown'>[], known: Known): Problem[] {
  const others = scripts.filter(({ id, digest }) => Object.hasOwn(known, id) && known[id] !== digest)
  return others.map(({ id, digest, shown: path }) => {
    const ran = `${id} has run here as another script (${known[id]!.slice(0, 12)}, now ${digest.slice(0, 12)})`
    return { path, line: 1, message: `${ran}: put that one back, and write the change as a new version` }
  })
}

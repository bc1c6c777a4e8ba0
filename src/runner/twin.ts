/** The main files of the other kinds of process: beside us in a checkout, in `runner/` of the built server. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export function twin(name: 'spawner' | 'child'): string {
  const candidates = import.meta.url.endsWith('.ts') ? [`./${name}.ts`] : [`./${name}.js`, `./runner/${name}.js`]
  const paths = candidates.map((path) => fileURLToPath(new URL(path, import.meta.url)))
  const found = paths.find((path) => existsSync(path))
  if (found === undefined) throw new Error(`${paths.join(' or ')} is missing: build again`)
  return found
}

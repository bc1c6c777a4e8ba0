/** Where the demo's own files lie: beside us in a checkout, in `dist/` of the built server. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

const isSource = import.meta.filename.endsWith('.ts')

/** A file or folder of `src/cli/demo`; code has our own ending. */
export function beside(name: string, kind: 'code' | 'data'): string {
  const file = kind === 'code' ? `${name}${isSource ? '.ts' : '.js'}` : name
  const root = packageRoot()
  const places = [join(import.meta.dirname, file), ...['dist/cli/demo', 'dist/demo', 'src/cli/demo'].map((place) => join(root, place, file))]
  const found = places.find((place) => existsSync(place))
  if (found === undefined) throw new Error(`${file} of the demo is missing beside ${import.meta.dirname}: build again`)
  return found
}

/** The folder of this installation: the runbooks that come with it lie in its `runbooks/`. */
export function packageRoot(): string {
  for (let place = import.meta.dirname; ; place = dirname(place)) {
    if (existsSync(join(place, 'package.json'))) return place
    if (dirname(place) === place) throw new Error(`no package.json above ${import.meta.dirname}: install again`)
  }
}

/** The third-party packages that the lock brings, one a line: what a review of a new one looks at. `npm run packages` writes it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
export const packagesFile = join(root, 'docs/packages.txt')

interface Locked {
  readonly version: string
  readonly license?: string
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly optional?: boolean
  readonly hasInstallScript?: boolean
  readonly resolved?: string
  readonly integrity?: string
}

/** By place in node_modules. */
export const lockedPackages = (): [place: string, locked: Locked][] =>
  Object.entries((JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> }).packages).filter(([place]) => place !== '')

export const isForRunning = ({ dev, devOptional }: Locked): boolean => !dev && !devOptional

export function packagesList(): string {
  const lines = lockedPackages().map(([place, locked]) => {
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
    return `${name}@${locked.version}  ${isForRunning(locked) ? 'runs' : 'builds'}  ${locked.license ?? 'NO LICENSE'}`
  })
  return [...new Set(lines)].sort().map((line) => `${line}\n`).join('')
}

if (import.meta.main) writeFileSync(packagesFile, packagesList())

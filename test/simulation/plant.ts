/**
 * Runs seeds with a rule of the protocol taken away: lines of the code are replaced while it is loaded, so that `src/`
 * itself has no switch for it. A line that is no longer there fails loudly: the row of the table must follow the code.
 * Prints `{ seed, broken }` of the first seed in which the promise broke that the row names, or `{}`.
 */
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

export interface Plant {
  /** From the root of the repository. */
  readonly file: string
  readonly from: string
  readonly to: string
}

export interface Planting {
  readonly plants: readonly Plant[]
  readonly emphasis: Record<string, number | boolean>
  readonly seeds: number
  /** What the promise says that must break. */
  readonly seen: string
}

const root = fileURLToPath(new URL('../..', import.meta.url))

export const plant = (plants: readonly Plant[]): void => {
  const open = new Set(plants)
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      const here = plants.filter(({ file }) => url === `file://${root}${file}`)
      if (here.length === 0) return loaded
      let source = String(loaded.source)
      for (const one of here) {
        if (source.split(one.from).length !== 2) throw new Error(`${one.file} must have this exactly once, and has it ${source.split(one.from).length - 1} times: ${one.from}`)
        source = source.replace(one.from, () => one.to)
        open.delete(one)
      }
      return { ...loaded, source }
    },
  })
  process.on('exit', () => {
    for (const { file } of open) process.stderr.write(`${file} was never loaded, so nothing was planted\n`)
    if (open.size > 0) process.exitCode = 1
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { plants, emphasis, seeds, seen } = JSON.parse(process.argv[2]!) as Planting
  plant(plants)
  const { simulate } = await import('./simulate.ts')
  let caught = {}
  for (let seed = 1; seed <= seeds && !('seed' in caught); seed++) {
    const { broken } = await simulate({ seed, emphasis })
    const found = broken.find((what) => new RegExp(seen).test(what))
    if (found !== undefined) caught = { seed, broken: found }
  }
  process.stdout.write(`${JSON.stringify(caught)}\n`)
  process.exit()
}

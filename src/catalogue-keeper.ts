/** Reads the catalogue, keeps the last good one, says what is wrong with a bad one: on /healthz, in the log, to people. */
import { readApart, type Apart, type ApartOptions } from './catalog/apart.ts'
import { pruneCopies } from './catalog/copies.ts'
import { printProblem } from './catalog/problem.ts'
import { watchCatalogue, type CatalogueWatch } from './catalog/watch.ts'
import type { Catalogue } from './core/catalogue.ts'
import { isMended } from './core/fold/notices.ts'
import { UpgradeUnfinished } from './core/upgrade.ts'
import type { Parts } from './main.ts'

export const catalogueKeeper = (folders: ApartOptions, parts: Parts, { say, signal }: { say: (text: string) => void; signal: AbortSignal }) => {
  let watch: CatalogueWatch<Apart> | undefined
  let problems: readonly string[] = []
  let read = false
  /** Whether people were told so, as far as it is for this process to say that it is over. */
  let toldBad = false

  const take = async (reading: Apart): Promise<void> => {
    const before = parts.state.catalogue?.digest
    for (const warning of reading.warnings) say(`warning: ${printProblem(warning)}`)
    problems = reading.problems.map(printProblem)
    if (reading.catalogue) problems = await activated(reading.catalogue)
    toldBad = problems.length > 0
    const now = parts.state.catalogue?.digest
    if (now !== undefined && (now !== before || !read)) say(`the catalogue ${now.slice(0, 12)} is in force`)
    if (!toldBad) return
    for (const problem of problems) say(problem)
    await parts.append([{ kind: 'catalogue refused', problems: problems.slice(0, 20) }])
  }
  const activated = async (catalogue: Catalogue): Promise<string[]> => {
    const short = catalogue.digest.slice(0, 12)
    try {
      if (toldBad && parts.state.catalogue?.digest === catalogue.digest) await parts.append([{ kind: 'catalogue activated', digest: catalogue.digest, was: catalogue.digest }])
      return (await parts.activate(catalogue)) ? [] : [`the catalogue ${short} was in force before and does not come back by itself: \`paramedic catalog use ${short}\` puts it back`]
    } catch (problem) {
      if (problem instanceof UpgradeUnfinished) return [`the catalogue ${short} is too large for an older server: ${problem.message}, then \`paramedic reload\``]
      throw problem
    }
  }
  const follow = async ({ readings }: CatalogueWatch<Apart>): Promise<void> => {
    for await (const reading of readings) {
      await take(reading).catch((problem: unknown) => {
        problems = [`the catalogue was read, and could not be put on the log: ${problem instanceof Error ? problem.message : String(problem)}`]
        for (const text of problems) say(text)
      })
    }
  }
  return {
    first: async (begun: Promise<Apart>): Promise<void> => {
      const reading = await begun
      toldBad = isAlone(parts) && isToldBad(parts.state)
      await take(reading)
      read = true
      await pruneCopies(folders.scratch, new Set([...needed(parts.state), ...reading.scripts.map(({ digest }) => digest)]))
      watch = watchCatalogue({ ...folders, read: () => readApart(folders), since: reading, signal })
      void follow(watch).catch((problem: unknown) => signal.aborted || say(String(problem)))
    },
    reload: async () => {
      const reading = await readApart(folders)
      watch?.saw(reading)
      await take(reading)
      return { ...(parts.state.catalogue ? { digest: parts.state.catalogue.digest } : {}), problems }
    },
    health: () => ({ digest: parts.state.catalogue?.digest ?? null, problems, read }),
  }
}

const isAlone = ({ peers, me }: Parts): boolean => peers().every(({ tick }) => tick.by === me())
const isToldBad = (state: Parts['state']): boolean => [...state.notices.values()].some(({ about, lastAt }) => about.kind === 'catalogue' && !isMended(state, lastAt))

/** Whose copies may still be run: of every catalogue that the log knows, since each may come back, and of what runs. */
const needed = ({ catalogues, workflows }: Parts['state']): string[] => [
  ...[...catalogues.values()].flatMap(({ runbooks }) => Object.values(runbooks).map(({ digest }) => digest)), ...[...workflows.values()].map(({ runbook }) => runbook.digest),
]

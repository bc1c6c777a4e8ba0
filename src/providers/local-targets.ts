/**
 * Tells others of this machine where the ready replicas are: `targets/<service>.json`, in the form that Prometheus reads
 * as `file_sd_configs`, so that what scrapes and what balances need not know the keeper.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from './local-state.ts'
import type { Kept, Replica } from './local-words.ts'

export interface TargetGroup {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

export const targetsFile = (folder: string, service: string): string => join(folder, 'targets', `${service}.json`)

/** None as long as the file is not there. */
export function readTargets(folder: string, service: string): readonly string[] {
  const file = targetsFile(folder, service)
  return existsSync(file) ? ((JSON.parse(readFileSync(file, 'utf8')) as TargetGroup[])[0]?.targets ?? []) : []
}

export function writeTargets(folder: string, kept: Kept, isReady: (replica: Replica) => boolean): void {
  if (!existsSync(folder)) return
  mkdirSync(join(folder, 'targets'), { recursive: true })
  for (const [name, { declared, members }] of Object.entries(kept.services)) {
    if (declared.max === 0) {
      rmSync(targetsFile(folder, name), { force: true })
      continue
    }
    const targets = members.filter((one) => !one.ending && isReady(one)).map(({ port }) => `127.0.0.1:${port}`)
    const group: TargetGroup = { targets, labels: { ...declared.labels, service: name } }
    writeWhole(targetsFile(folder, name), JSON.stringify([group]))
  }
}

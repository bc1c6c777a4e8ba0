/** Catalogues on the disk for tests, gone with the test. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { lockCatalogue } from '../../src/catalog/lock.ts'
import { readCatalogue, type CatalogueOptions, type Reading } from '../../src/catalog/read.ts'

export type Files = Record<string, string>

export const script = (more = '', name = 'runbook'): string => `import { runbook, minutes } from 'paramedic'

/** What it is about. */
export default ${name}({
  target: 'service',
  plan: async ({ target }) => ({ changes: [{ target, from: 1, to: 2 }] }),
  steps: [
    { name: 'act', effect: 'repeatable', timeout: minutes(1), run: () => 'done' },
  ],
  ${more}
})
`

export const good: Files = {
  'runbooks/scale/1.ts': script(),
  'runbooks/routes.yaml': 'routes:\n  - matchers: [alertname="Slow"]\n    runbook: scale@1\n    mode: auto\n',
  'policies/scale.yaml': 'runbook: scale\npolicies:\n  - { type: targets, names: [web, api] }\n',
}

export interface Folder {
  readonly path: string
  readonly runbooks: string
  readonly policies: string
  write(files: Files): Promise<void>
  read(options?: Partial<CatalogueOptions>): Promise<Reading>
}

/** `good` with changes; locked as it then is, unless told otherwise. */
export async function folder(t: TestContext, changes: Files = {}, options: { lock?: boolean } = {}): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'catalogue-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  const [runbooks, policies] = [join(path, 'runbooks'), join(path, 'policies')]
  const made: Folder = {
    path, runbooks, policies,
    async write(files) {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(path, name)), { recursive: true })
        if (text === '') await rm(join(path, name), { force: true })
        else await writeFile(join(path, name), text)
      }
    },
    read: (more = {}) => readCatalogue({ runbooks, policies, ...more }),
  }
  const all = Object.entries({ ...good, ...changes })
  const released = ([name]: [string, string]) => /^runbooks\/[a-z-]+\/1(?:\.ts|\/)/.test(name)
  await made.write(Object.fromEntries(all.filter(released)))
  if (options.lock !== false) await lockCatalogue(runbooks)
  await made.write(Object.fromEntries(all.filter((one) => !released(one))))
  return made
}

/** `runbooks/routes.yaml:3: …` of everything that was found, the folder's own place taken off. */
export const said = (reading: Pick<Reading, 'problems' | 'warnings'>, { path }: Folder, kind: 'problems' | 'warnings' = 'problems'): string[] =>
  reading[kind].map((problem) => `${problem.path.replace(`${path}/`, '')}:${problem.line}: ${problem.message}`)

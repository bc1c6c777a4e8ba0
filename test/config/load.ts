/** Loads a configuration from a folder of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { loadConfig, printSettingProblem } from '../../src/config.ts'

export interface Given {
  readonly yaml?: string
  readonly env?: Record<string, string>
  readonly flags?: Record<string, unknown>
  readonly files?: Record<string, string>
}

export const folder = (t: TestContext): string => {
  const path = mkdtempSync(join(tmpdir(), 'paramedic-config-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export const load = async (t: TestContext, { yaml, env = {}, flags = {}, files = {} }: Given) => {
  const cwd = folder(t)
  if (yaml !== undefined) writeFileSync(join(cwd, 'paramedic.yaml'), yaml)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
  const loaded = await loadConfig({ cwd, env: { HOME: '/home/ann', ...env }, flags })
  return { ...loaded, cwd, told: loaded.problems.map(printSettingProblem) }
}

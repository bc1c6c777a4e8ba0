/** Routes and policies by themselves, wherever they lie: for whoever holds them against a log instead of putting them in force. */
import { basename, dirname } from 'node:path'
import type { Catalogue } from '../core/catalogue.ts'
import { parsePolicies } from './policies.ts'
import type { Problem } from './problem.ts'
import { parseRoutes } from './routes.ts'
import { readPolicyFiles, readText } from './sources.ts'

export async function readChanged({ routes: file, policies: folder }: { routes: string | undefined; policies: string | undefined }): Promise<Partial<Pick<Catalogue, 'routes' | 'policies'>> & { problems: readonly Problem[] }> {
  const routes = file === undefined ? undefined : parseRoutes(await readText(dirname(file), basename(file)))
  const files = folder === undefined ? undefined : await readPolicyFiles(folder)
  const policies = files && parsePolicies(files.files, files.modules)
  return {
    ...(routes ? { routes: routes.routes.map(({ route }) => route) } : {}), ...(policies ? { policies: Object.fromEntries(policies.entries) } : {}),
    problems: [...(routes?.problems ?? []), ...(files?.problems ?? []), ...(policies?.problems ?? [])],
  }
}

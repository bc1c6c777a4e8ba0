/** Writes every generated page: `npm run docs`. `test/docs.test.ts` fails where one differs from the code. */
import { writeFileSync } from 'node:fs'
import { apiPage } from './api.ts'
import { commandsPage } from './commands.ts'
import { configurationPage } from './configuration.ts'
import { editorTypesModule, moreEditorTypesModule } from './editor-types.ts'
import { entriesPage } from './entries.ts'
import { errorsPage } from './errors.ts'
import { messagesPage } from './messages.ts'
import { metricsPage } from './metrics.ts'
import { policiesPage } from './policies.ts'
import { reasonsPage } from './reasons.ts'

/** By where it lies. */
export const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/api.md': apiPage,
  'docs/commands.md': commandsPage,
  'docs/configuration.md': configurationPage,
  'docs/entries.md': entriesPage,
  'docs/errors.md': errorsPage,
  'docs/messages.md': messagesPage,
  'docs/metrics.md': metricsPage,
  'docs/policies.md': policiesPage,
  'docs/reasons.md': reasonsPage,
  'src/catalog/init/editor-types.ts': editorTypesModule,
  'src/catalog/init/editor-types-more.ts': moreEditorTypesModule,
}

if (import.meta.main) {
  for (const [path, page] of Object.entries(pages)) writeFileSync(new URL(`../../${path}`, import.meta.url), await page())
}

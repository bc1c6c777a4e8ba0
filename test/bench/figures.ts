/** The figures, in the order of the table. Each is loaded only when it is measured. */
import type { Figure } from './figure.ts'

const of = (load: () => Promise<{ figure: Figure }>) => async (): Promise<Figure> => (await load()).figure

export const figures: Readonly<Record<string, () => Promise<Figure>>> = {
  webhooks: of(() => import('./figures/webhooks.ts')),
  acknowledge: of(() => import('./figures/acknowledge.ts')),
}

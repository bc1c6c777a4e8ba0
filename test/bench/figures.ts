/** The figures, in the order of the table. Each is loaded only when it is measured. */
import type { Figure } from './figure.ts'

const of = (load: () => Promise<{ figure: Figure }>) => async (): Promise<Figure> => (await load()).figure

export const figures: Readonly<Record<string, () => Promise<Figure>>> = {
  webhooks: of(() => import('./figures/webhooks.ts')),
  acknowledge: of(() => import('./figures/acknowledge.ts')),
  'group-commit': of(() => import('./figures/group-commit.ts')),
  match: of(() => import('./figures/match.ts')),
  judge: of(() => import('./figures/judge.ts')),
  hostile: of(() => import('./figures/hostile.ts')),
  edge: of(() => import('./figures/edge.ts')),
  'first-line': of(() => import('./figures/first-line.ts')),
  'post-to-line': of(() => import('./figures/post-to-line.ts')),
  survivors: of(() => import('./figures/survivors.ts')),
  stop: of(() => import('./figures/stop.ts')),
  rebuild: of(() => import('./figures/rebuild.ts')),
  start: of(() => import('./figures/start.ts')),
  fold: of(() => import('./figures/fold.ts')),
  kafka: of(() => import('./figures/kafka.ts')),
  leader: of(() => import('./figures/leader.ts')),
}

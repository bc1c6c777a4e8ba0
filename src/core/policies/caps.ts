import { z } from 'zod'
import { durationMs } from '../duration.ts'
import type { Judged, PolicyType } from '../policy.ts'
import { counted } from './counting.ts'
import { labelOf, noSize, resizes } from './facts.ts'
import { count, duration, touched, type Group } from './settings.ts'

const byProblem = 'must be all, target or label:NAME'

const schema = z.strictObject({
  max: count('how much at most'),
  of: z.enum(['targets', 'replicas']).default('targets').describe('what is counted: `targets` that are touched, or `replicas` that are added or taken away'),
  per: duration('in this sliding window; without it, at once').optional(),
  by: z.string(byProblem).regex(/^(?:all|target|label:[a-zA-Z_][a-zA-Z0-9_]*)$/, byProblem).default('all')
    .describe('a cap on `all` together, on each `target`, or on each group: the targets that share a value of their label (`label:NAME`)'),
}).describe('Caps per target, per group and in total, over all runbooks that have a cap of this name. A plan that is larger than a cap is refused whole.')

type Settings = z.infer<typeof schema>

export const caps: PolicyType<Settings> = {
  type: 'caps',
  schema,
  needs: ({ of, by }) => [...(of === 'replicas' ? ['size'] as const : []), ...(by.startsWith('label:') ? ['labels'] as const : [])],
  judge(settings, judged, name) {
    const amounts = amountsOf(settings, judged)
    if (amounts === undefined) return { policy: name, verdict: 'refuse', reason: 'caps', detail: noSize }
    const { max, per } = settings
    return counted({ type: 'caps', name, max, groups: grouped(settings, judged, amounts), full: 'wait', ...(per === undefined ? {} : { window: { ms: durationMs(per) } }) }, judged)
  },
}

interface Amount {
  readonly name: string
  readonly id: string
  readonly amount: number
}

const amountsOf = ({ of }: Settings, judged: Judged): Amount[] | undefined =>
  of === 'targets'
    ? touched(judged.plan).map((target) => ({ ...target, amount: 1 }))
    : resizes(judged)?.map(({ name, id, from, to }) => ({ name, id, amount: Math.abs(to - from) }))

function grouped({ by }: Settings, judged: Judged, amounts: readonly Amount[]): Group[] {
  const groups = new Map<string, Group & { amount: number }>()
  for (const { name, id, amount } of amounts) {
    const label = by.startsWith('label:') ? by.slice('label:'.length) : undefined
    const value = label === undefined ? '' : labelOf(judged, name, label)
    const group = by === 'all' ? { key: 'all', text: 'all runbooks' } : by === 'target' ? { key: `target=${id}`, text: name } : { key: `${by}=${value}`, text: `${label}=${JSON.stringify(value)}` }
    groups.set(group.key, { ...group, amount: amount + (groups.get(group.key)?.amount ?? 0) })
  }
  return [...groups.values()]
}

import { z } from 'zod'
import { observedForMs, type Judged, type PolicyType, type Verdict } from '../policy.ts'
import { asked, takeFor, type Ask } from './counting.ts'
import { fleetOf, labelOf, sizeOf, type Member } from './facts.ts'
import { amount, labelName, touched } from './settings.ts'
import { floorReached } from './storm.ts'

const schema = z.strictObject({
  of: z.enum(['replicas', 'targets']).default('replicas').describe('`replicas`: those of each target that are ready. `targets`: the targets of the provider that are healthy'),
  min: amount('so many stay healthy, whatever the percentage says').min(1),
  percent: z.int().min(1).max(99).default(50).describe('so much of all stays healthy, rounded down, so that a small pool is not stuck for ever'),
  label: labelName('`targets` only: those that share the value of this label are one pool; without it all of the provider are').optional(),
}).describe('A healthy floor, by count and by percentage. Under it nothing starts: too few would be left. What is under repair, or was until 30 s ago, does not count as healthy.')

type Settings = z.infer<typeof schema>

const asking = (name: string) => ({ type: 'healthy-floor', name, full: 'refuse' }) as const
/** What ended since the facts were read may not be healthy in them yet. */
const window = { ms: observedForMs, from: 'end' } as const

export const healthyFloor: PolicyType<Settings> = {
  type: 'healthy-floor',
  schema,
  needs: ({ of, label }) => (of === 'replicas' ? ['size'] : label === undefined ? ['fleet'] : ['fleet', 'labels']),
  judge(settings, judged, name) {
    if (judged.plan.changes.length === 0 && touched(judged.plan).length === 0) {
      return { policy: name, verdict: 'refuse', reason: 'healthy-floor', detail: 'the plan names no target' }
    }
    const asks = settings.of === 'replicas' ? ofReplicas(settings, judged, name) : ofTargets(settings, judged, name)
    if (asks.length === 0) return { policy: name, verdict: 'allow', detail: 'it takes nothing away' }
    return marked(asked(asking(name), asks, judged))
  },
}

/** A storm begins with it. */
const marked = (verdict: Verdict): Verdict => (verdict.verdict === 'allow' ? verdict : { ...verdict, marks: [floorReached] })

const floorOf = ({ min, percent }: Settings, total: number): number => Math.max(min, Math.floor((total * percent) / 100))

/** Adding takes nothing away. Whatever is not a size, a restart, takes one replica at a time. */
function ofReplicas(settings: Settings, judged: Judged, name: string): Ask[] {
  return judged.plan.changes.flatMap(({ target, id, to }): Ask[] => {
    const { replicas, ready } = sizeOf(judged, target)
    const away = typeof to === 'number' ? replicas - to : 1
    if (away <= 0) return []
    const floor = floorOf(settings, replicas)
    const take = takeFor(asking(name), { key: `healthy-floor:${name}:target=${id}`, max: Math.max(0, ready - floor), window, amount: away })
    return [{ take, text: () => `${ready} of ${replicas} of ${target} ready, ${away} to go away, floor ${floor}` }]
  })
}

/** What is missing is a cap: under repair and unhealthy together, each counted once, at most what the floor leaves. */
function ofTargets(settings: Settings, judged: Judged, name: string): Ask[] {
  const mine = touched(judged.plan)
  const { label } = settings
  const pools = label === undefined ? [''] : [...new Set(mine.map((target) => labelOf(judged, target.name, label)))]
  return pools.map((pool): Ask => {
    const inPool = ({ labels }: Member): boolean => label === undefined || (Object.hasOwn(labels, label) ? labels[label] : '') === pool
    const members = fleetOf(judged).filter(inPool)
    const sick = members.filter(({ healthy }) => !healthy).map(({ id }) => id)
    const floor = floorOf(settings, members.length)
    const values = mine.filter((target) => label === undefined || labelOf(judged, target.name, label) === pool).map(({ id }) => id)
    const take = takeFor(asking(name), {
      key: `healthy-floor:${name}:${label === undefined ? 'all' : `${label}=${pool}`}`, max: Math.max(0, members.length - floor), window, values, besides: sick,
    })
    const where = label === undefined ? 'all targets' : `${label}=${JSON.stringify(pool)}`
    return { take, text: ({ used }) => `${used} of ${members.length} of ${where} unhealthy or under repair, ${values.length} asked for, floor ${floor}` }
  })
}

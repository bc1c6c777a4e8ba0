/**
 * What all policies that count have in common: they ask for takes, and when one does not fit now they say how full it
 * is and when it clears. Whether a take still fits when the work starts is the fold's to say, at the first claim.
 */
import type { Take } from '../plan.ts'
import type { Judged, Room, Verdict } from '../policy.ts'
import type { Reason } from '../reason.ts'
import { used, type Group } from './settings.ts'

export interface Counting {
  readonly type: string & Reason
  readonly name: string
  readonly max: number
  /** None for what counts until its end. */
  readonly window?: { readonly ms: number; readonly from?: 'end' | 'last end' }
  readonly groups: readonly Group[]
  readonly full: 'wait' | 'refuse'
  /** What else its takes say. */
  readonly more?: Partial<Pick<Take, 'amount' | 'values' | 'ends' | 'each'>>
}

/** One take for each group, at most `max` in each. */
export function counted({ type, name, max, window, full, groups, more }: Counting, judged: Judged): Verdict {
  if (groups.length === 0) return { policy: name, verdict: 'refuse', reason: type, detail: 'the plan names no target, so nothing can be counted' }
  const common = takeFor({ type, name, full }, { ...more, key: '', max, window: window ?? 'until end' })
  return asked({ type, name, full }, groups.map(({ key: end, text, amount }): Ask => {
    const key = `${type}:${name}:${end}`
    return {
      take: amount === undefined ? { ...common, key } : { ...common, key, amount },
      text: (room) => `${used(room.used, max, window?.ms)} for ${text}${(amount ?? 1) > 1 ? `, and ${amount} more are asked for` : ''}`,
    }
  }), judged)
}

export interface Asking {
  readonly type: string & Reason
  readonly name: string
  readonly full: 'wait' | 'refuse'
}

export interface Ask {
  readonly take: Take
  readonly text: (room: Room) => string
}

/** Allows with all takes if each fits now, or says which does not. What would never fit is refused, not kept waiting. */
export function asked({ type, name, full }: Asking, asks: readonly Ask[], judged: Judged): Verdict {
  const rooms = asks.map(({ take, text }) => ({ take, text, room: judged.room(take) }))
  const latest = rooms.filter(({ room }) => !room.fits).reduce<Full | undefined>(later, undefined)
  if (latest === undefined) {
    const fullest = rooms.reduce((a, b) => (b.room.used > a.room.used ? b : a))
    return { policy: name, verdict: 'allow', detail: fullest.text(fullest.room), takes: asks.map(({ take }) => take) }
  }
  const never = full === 'refuse' ? undefined : rooms.find(({ take }) => sizeOf(take) > take.max)
  if (never) return { policy: name, verdict: 'refuse', reason: type, detail: `${sizeOf(never.take)} at once, and at most ${never.take.max} fit: ${never.text(never.room)}` }
  return {
    policy: name,
    verdict: full,
    reason: type,
    detail: latest.text(latest.room),
    ...(latest.room.until === undefined ? {} : { until: latest.room.until }),
    ...(full === 'wait' ? { key: latest.take.key, takes: [latest.take] } : {}),
  }
}

/** How much it asks for itself. */
const sizeOf = ({ amount = 1, values, besides }: Take): number => (values ? new Set([...values, ...(besides ?? [])]).size : amount)

export const takeFor = ({ type, name, full }: Asking, take: Omit<Take, 'policy' | 'reason' | 'otherwise'>): Take =>
  ({ ...take, policy: name, reason: type, otherwise: full === 'wait' ? 'wait' : 'judge' })

interface Full extends Ask {
  readonly room: Room
}

/** Of several full counters the one that clears last is the one to wait for; an open end is behind every known one. */
function later(a: Full | undefined, b: Full): Full {
  if (a === undefined) return b
  return (b.room.until ?? Infinity) > (a.room.until ?? Infinity) ? b : a
}

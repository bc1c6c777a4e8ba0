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
  /** As it was written (`1h`), and in milliseconds; neither for what counts until its end. */
  readonly window?: { readonly text: string; readonly ms: number }
  readonly groups: readonly Group[]
  readonly full: 'wait' | 'refuse'
}

export function counted(counting: Counting, judged: Judged): Verdict {
  const { type, name, max, window, full } = counting
  const asked = counting.groups.map((group) => ({ group, take: takeOf(counting, group) }))
  if (asked.length === 0) {
    return { policy: name, verdict: 'refuse', reason: type, detail: 'the plan names no target, so nothing can be counted' }
  }
  const rooms = asked.map(({ group, take }) => ({ group, take, room: judged.room(take) }))
  const latest = rooms.filter(({ room }) => !room.fits).reduce<Full | undefined>(later, undefined)
  if (latest === undefined) {
    const fullest = rooms.reduce((a, b) => (b.room.used > a.room.used ? b : a))
    const detail = `${used(fullest.room.used, max, window?.text)} for ${fullest.group.text}`
    return { policy: name, verdict: 'allow', detail, takes: asked.map(({ take }) => take) }
  }
  return {
    policy: name,
    verdict: full,
    reason: type,
    detail: `${used(latest.room.used, max, window?.text)} for ${latest.group.text}`,
    ...(latest.room.until === undefined ? {} : { until: latest.room.until }),
    ...(full === 'wait' ? { key: latest.take.key, takes: [latest.take] } : {}),
  }
}

const takeOf = ({ type, name, max, window, full }: Counting, group: Group): Take => ({
  key: `${type}:${name}:${group.key}`,
  max,
  window: window === undefined ? 'until end' : { ms: window.ms },
  policy: name,
  otherwise: full === 'wait' ? 'wait' : 'judge',
})

interface Full {
  readonly group: Group
  readonly take: Take
  readonly room: Room
}

/** Of several full counters the one that clears last is the one to wait for; an open end is behind every known one. */
function later(a: Full | undefined, b: Full): Full {
  if (a === undefined) return b
  return (b.room.until ?? Infinity) > (a.room.until ?? Infinity) ? b : a
}

/** What people are to be told. A notice is due while its revision is above the one recorded as sent. */
import type { Notice, State } from '../state.ts'

export const tell = (
  state: State, what: Pick<Notice, 'key' | 'about' | 'urgency' | 'channel'>, at: number,
): Notice => {
  let notice = state.notices.get(what.key)
  if (!notice) {
    notice = { ...what, firstAt: at, lastAt: at, count: 0, revision: 0 }
    state.notices.set(what.key, notice)
  } else if (notice.urgency !== what.urgency || notice.about !== what.about) {
    const { taken: _, rung: __, ...kept } = notice
    state.noticesDue.delete(notice)
    // A call to people is answered anew; what it was about before may have been taken already.
    notice = what.urgency === 'page' && notice.urgency === 'info' ? { ...kept, ...what } : { ...notice, about: what.about }
    state.notices.set(what.key, notice)
  }
  notice.count++
  notice.revision++
  notice.lastAt = at
  state.noticesDue.add(notice)
  return notice
}

/** What a notice says has changed, and nobody need be called for it: its message is brought up to date. */
export const touch = (state: State, key: string): void => {
  const notice = state.notices.get(key)
  if (!notice) return
  notice.revision++
  state.noticesDue.add(notice)
}

/** After this long without a new one, the next unknown alert of a name makes a message of its own. */
const sameGroupMs = 3_600_000

/** One message per alert name: a thousand alerts are one message and a count. */
export const tellUnknown = (
  state: State, what: { alertname: string; episodes: readonly string[]; at: number } & Pick<Notice['about'] & { kind: 'unknown' }, 'reason' | 'detail'>,
  channel: string | undefined,
): void => {
  const known = state.unknownNotice.get(what.alertname)
  const open = known === undefined ? undefined : state.notices.get(known)
  const key = open && what.at - open.lastAt < sameGroupMs ? open.key : `unknown:${what.alertname}:${what.at}`
  state.unknownNotice.set(what.alertname, key)
  const before = state.notices.get(key)?.about
  const listed = before?.kind === 'unknown' ? before.episodes : []
  for (const episode of what.episodes) if (listed.length < 20) listed.push(episode)
  const about = before ?? { kind: 'unknown' as const, alertname: what.alertname, reason: what.reason, detail: what.detail, episodes: listed }
  const notice = tell(state, { key, about, urgency: 'page', channel }, what.at)
  notice.count += what.episodes.length - 1
}

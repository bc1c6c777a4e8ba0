/** What people are to be told. A notice is due while its revision is above the one recorded as sent. */
import type { Fact } from '../entry.ts'
import { lookAgain } from '../expiries.ts'
import { isMissed } from '../heartbeats.ts'
import type { Notice } from '../notice.ts'
import type { State } from '../state.ts'
import type { WorkflowState } from '../workflow.ts'

export const tell = (state: State, what: Pick<Notice, 'key' | 'about' | 'urgency' | 'channel'>, at: number): Notice => {
  let notice = state.notices.get(what.key)
  if (!notice) {
    notice = { ...what, firstAt: at, lastAt: at, count: 0, revision: 0 }
    state.notices.set(what.key, notice)
    if (what.about.kind !== 'workflow' && what.about.kind !== 'stop') lookAgain(state, 'notice', what.key, at + state.rememberMs)
  }
  notice.about = what.about
  if (what.urgency === 'page' && notice.urgency === 'info') {
    // A call to people is answered anew; what it was about before may have been taken already.
    delete notice.taken
    delete notice.rung
    Object.assign(notice, { urgency: what.urgency, channel: what.channel })
  }
  notice.count++
  notice.lastAt = at
  return changed(state, notice)
}

/** What a notice says has changed, and nobody need be called for it: its message is brought up to date. */
export const touch = (state: State, key: string): void => {
  const notice = state.notices.get(key)
  if (notice) changed(state, notice)
}

const changed = (state: State, notice: Notice): Notice => {
  notice.revision++
  state.noticesDue.add(notice)
  ring(state, notice)
  return notice
}

export const foldSent = (state: State, entry: Fact & { kind: 'message sent' }, at: number): void => {
  const notice = state.notices.get(entry.notice)
  if (!notice || (notice.sent && notice.sent.revision > entry.revision)) return
  notice.sent = { revision: entry.revision, channel: entry.channel, ts: entry.ts, at }
  if (entry.rang) notice.rung = { at, times: (notice.rung?.times ?? 0) + 1 }
  if (notice.revision <= entry.revision) state.noticesDue.delete(notice)
  ring(state, notice)
}

export const foldTaken = (state: State, entry: Fact & { kind: 'taken' }, at: number): void => {
  const notice = state.notices.get(entry.notice)
  if (!notice || notice.taken) return
  notice.taken = { who: entry.who, at }
  changed(state, notice)
}

/** Where it is among those that are told again, if it is. */
const ring = (state: State, notice: Notice): void => {
  const { urgency, taken, rung } = notice
  const place = urgency === 'page' && !taken && rung && isOpen(state, notice) ? state.ringing[rung.times - 1] : undefined
  for (const some of state.ringing) if (some !== place) some.delete(notice)
  place?.add(notice)
}

export const forgetNotice = (state: State, key: string): void => {
  const notice = state.notices.get(key)
  if (!notice) return
  const { about } = notice
  const group = about.kind === 'unknown' ? about.alertname : about.kind === 'bad alerts' ? badAlerts : undefined
  if (group !== undefined && state.unknownNotice.get(group) === key) state.unknownNotice.delete(group)
  for (const some of [state.noticesDue, ...state.ringing]) some.delete(notice)
  state.notices.delete(key)
}

/** Whether people still have something to do about it: only then is it told again. */
export const isOpen = (state: State, { about, lastAt }: Notice): boolean => {
  switch (about.kind) {
    case 'unknown': return about.episodes.some((id) => state.episodes.get(id)?.status === 'firing')
    case 'workflow': {
      const workflow = state.workflows.get(about.workflow)
      if (!workflow) return false
      if (workflow.state === 'asking') return true
      const episode = workflow.episode === undefined ? undefined : state.episodes.get(workflow.episode)
      return calling.includes(workflow.state) && episode?.status !== 'resolved'
    }
    case 'stop': return false
    case 'catalogue': return !isMended(state, lastAt)
    case 'heartbeat': return about.missing && isMissed(state, about.route)
    case 'trust': return false
    case 'suspended': return state.suspensions.has(about.suspension.id)
    case 'runner lost':
    case 'bad alerts': return true
  }
}

/** Ends that leave something to people. */
const calling: readonly WorkflowState[] = ['unproven', 'failed', 'refused', 'expired', 'stopped']

/** Whether a catalogue took force after it was told that one cannot. */
export const isMended = ({ catalogue }: State, lastAt: number): boolean => catalogue !== undefined && catalogue.at > lastAt

/** After this long without a new one, the next unknown alert of a name makes a message of its own. */
const sameGroupMs = 3_600_000

/** The message that goes on, or a new one. */
const groupKey = (state: State, group: string, prefix: string, at: number): string => {
  const known = state.unknownNotice.get(group)
  const open = known === undefined ? undefined : state.notices.get(known)
  const key = open && at - open.lastAt < sameGroupMs ? open.key : `${prefix}:${at}`
  state.unknownNotice.set(group, key)
  return key
}

/** One message, whatever is wrong with what is sent: who posts nonsense fills neither memory nor a channel. */
export const tellBadAlerts = (state: State, problems: readonly string[], at: number): void => {
  tell(state, { key: groupKey(state, badAlerts, 'bad alerts', at), about: { kind: 'bad alerts', problems }, urgency: 'page', channel: undefined }, at)
}
/** No alert is called so. */
const badAlerts = ''

/** One message per alert name: a thousand alerts are one message and a count. */
export const tellUnknown = (
  state: State, what: { alertname: string; episodes: readonly string[]; at: number } & Pick<Notice['about'] & { kind: 'unknown' }, 'reason' | 'detail'>,
  channel: string | undefined,
): void => {
  const key = groupKey(state, what.alertname, `unknown:${what.alertname}`, what.at)
  const before = state.notices.get(key)?.about
  const listed = before?.kind === 'unknown' ? before.episodes : []
  for (const episode of what.episodes) if (listed.length < 20) listed.push(episode)
  const about = before ?? { kind: 'unknown' as const, alertname: what.alertname, reason: what.reason, detail: what.detail, episodes: listed }
  const notice = tell(state, { key, about, urgency: 'page', channel }, what.at)
  notice.count += what.episodes.length - 1
}

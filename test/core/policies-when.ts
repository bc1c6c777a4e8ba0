/** When something may start. */
import { fact, hour, now, plan, held, type Row } from './policies-judged.ts'

const minute = 60_000
const at = (text: string): number => Date.parse(text)
const nine = { from: '09:00', to: '17:00', zone: 'Europe/Berlin' }

export const when: Record<string, readonly Row[]> = {
  window: [
    { settings: nine, of: { at: at('2026-11-26T08:00:00Z') }, expected: 'allow: within 09:00 to 17:00 Europe/Berlin', why: 'nine in winter' },
    { settings: nine, of: { at: at('2026-07-26T07:00:00Z') }, expected: 'allow: within 09:00 to 17:00 Europe/Berlin', why: 'nine in summer' },
    { settings: nine, of: { at: at('2026-07-26T06:59:59Z') }, expected: 'wait window: outside of 09:00 to 17:00 Europe/Berlin', until: at('2026-07-26T07:00:00Z'), why: 'a second early' },
    { settings: nine, of: { at: at('2026-11-26T16:00:00Z') }, expected: 'wait window: outside of 09:00 to 17:00 Europe/Berlin', until: at('2026-11-27T08:00:00Z'), why: 'it closes at its end, and opens on the next day' },
    { settings: { ...nine, days: ['mon', 'tue', 'wed', 'thu', 'fri'] }, of: { at: at('2026-11-27T20:00:00Z') }, expected: 'wait window: outside of mon tue wed thu fri 09:00 to 17:00 Europe/Berlin', until: at('2026-11-30T08:00:00Z'), why: 'over the weekend' },
    { settings: { ...nine, otherwise: 'refuse' }, of: { at: at('2026-11-26T20:00:00Z') }, expected: 'refuse window: outside of 09:00 to 17:00 Europe/Berlin', until: at('2026-11-27T08:00:00Z'), why: 'a person instead' },
    { settings: { days: ['fri'], from: '22:00', to: '04:00', zone: 'UTC' }, of: { at: at('2026-11-28T03:59:00Z') }, expected: 'allow: within fri 22:00 to 04:00 UTC', why: 'over midnight it belongs to the day on which it opened' },
    { settings: { days: ['fri'], from: '22:00', to: '04:00', zone: 'UTC' }, of: { at: at('2026-11-27T03:59:00Z') }, expected: 'wait window: outside of fri 22:00 to 04:00 UTC', until: at('2026-11-27T22:00:00Z'), why: 'and not to the one before' },
    { settings: { from: '02:30', to: '05:00', zone: 'Europe/Berlin' }, of: { at: at('2026-03-29T00:00:00Z') }, expected: 'wait window: outside of 02:30 to 05:00 Europe/Berlin', until: at('2026-03-29T01:00:00Z'), why: 'the clock skips half past two: it opens at the jump, at three' },
    { settings: { from: '02:00', to: '03:00', zone: 'Europe/Berlin' }, of: { at: at('2026-03-28T23:30:00Z') }, expected: 'wait window: outside of 02:00 to 03:00 Europe/Berlin', until: at('2026-03-30T00:00:00Z'), why: 'an hour that is skipped is not there that day' },
    { settings: { from: '02:00', to: '03:00', zone: 'Europe/Berlin' }, of: { at: at('2026-10-25T01:30:00Z') }, expected: 'allow: within 02:00 to 03:00 Europe/Berlin', why: 'the hour is there twice: the second time' },
    { settings: { from: '02:00', to: '03:00', zone: 'Europe/Berlin' }, of: { at: at('2026-10-24T23:30:00Z') }, expected: 'wait window: outside of 02:00 to 03:00 Europe/Berlin', until: at('2026-10-25T00:00:00Z'), why: 'and it opens the first time' },
    { settings: { days: ['sun'], from: '02:10', to: '02:50', zone: 'Europe/Berlin' }, of: { at: at('2026-03-29T00:30:00Z') }, expected: 'wait window: outside of sun 02:10 to 02:50 Europe/Berlin', until: at('2026-04-05T00:10:00Z'), why: 'skipped this week, it opens in the next' },
    { settings: { from: '00:00', to: '24:00', zone: 'Asia/Kathmandu' }, of: { at: at('2026-11-26T18:15:00Z') }, expected: 'allow: within 00:00 to 24:00 Asia/Kathmandu', why: 'a whole day, where the clock is 5 h 45 min ahead' },
  ],
  freeze: [
    { settings: { from: '2026-12-20', to: '2027-01-05', zone: 'Europe/Berlin', why: 'holidays' }, of: { at: at('2026-12-19T22:59:59Z') }, expected: 'allow: not from 2026-12-20 to 2027-01-05', why: 'the second before' },
    { settings: { from: '2026-12-20', to: '2027-01-05', zone: 'Europe/Berlin', why: 'holidays' }, of: { at: at('2026-12-19T23:00:00Z') }, expected: 'refuse freeze: holidays: from 2026-12-20 to 2027-01-05 Europe/Berlin', until: at('2027-01-05T23:00:00Z'), why: 'from midnight there, to the end of the last day' },
    { settings: { from: '2026-12-20', to: '2027-01-05', zone: 'Europe/Berlin', why: 'holidays' }, of: { at: at('2027-01-05T23:00:00Z') }, expected: 'allow: not from 2026-12-20 to 2027-01-05', why: 'over' },
    { settings: { from: '2026-12-24T18:00', to: '2026-12-24T20:00', zone: 'UTC', why: 'launch', otherwise: 'wait' }, of: { at: at('2026-12-24T19:00:00Z'), approvals: [{ who: 'ann', at: at('2026-12-24T18:59:00Z') }] }, expected: 'wait freeze: launch: from 2026-12-24T18:00 to 2026-12-24T20:00 UTC', until: at('2026-12-24T20:00:00Z'), why: 'an approval never sets it aside' },
    { settings: { from: '2026-10-25T02:30', to: '2026-10-25T02:45', zone: 'Europe/Berlin', why: 'twice' }, of: { at: at('2026-10-25T01:00:00Z') }, expected: 'refuse freeze: twice: from 2026-10-25T02:30 to 2026-10-25T02:45 Europe/Berlin', until: at('2026-10-25T01:45:00Z'), why: 'of two readings of a clock the longer freeze' },
  ],
  'blocking-alerts': [
    { settings: { alerts: ['Upgrading'] }, expected: 'allow: none of 1 fires', keys: ['firing:Upgrading'], why: 'quiet' },
    { settings: { alerts: ['Upgrading'] }, of: { starts: { 'firing:Upgrading': [held('episode')] } }, expected: 'wait blocking-alerts: Upgrading fires', keys: ['firing:Upgrading'], why: 'no reboots while the cluster is being upgraded' },
    { settings: { alerts: ['Upgrading'], from: 'alertmanager' }, expected: 'refuse fact missing: alerts could not be read', why: 'a query that fails blocks' },
    { settings: { alerts: ['Upgrading'], from: 'alertmanager' }, of: { plan: { ...plan('web'), observed: [fact('alerts', ['Upgrading'])] } }, expected: 'wait blocking-alerts: Upgrading fires', until: now + 30_000, why: 'it fires there, and nobody told us' },
    { settings: { alerts: ['Upgrading'], from: 'alertmanager' }, of: { plan: { ...plan('web'), observed: [fact('alerts', ['Other'])] } }, expected: 'allow: none of 1 fires', why: 'asked, and quiet' },
  ],
  'firing-for': [
    { settings: { atLeast: '5m' }, of: { episode: { startsAt: new Date(now - 4 * minute).toISOString(), firstAt: now } }, expected: 'wait firing-for: firing for 4m, at least 5m', until: now + minute, why: 'too young: it may go away by itself' },
    { settings: { atLeast: '5m' }, of: { episode: { startsAt: new Date(now - 5 * minute).toISOString(), firstAt: now } }, expected: 'allow: firing for 5m', why: 'old enough' },
    { settings: { atMost: '2h' }, of: { episode: { startsAt: new Date(now - 3 * hour).toISOString(), firstAt: now } }, expected: 'refuse firing-for: firing for 3h, at most 2h', why: 'what fired all night is for a person' },
    { settings: { atLeast: '5m' }, of: { episode: { startsAt: new Date(now + hour).toISOString(), firstAt: now - 6 * minute } }, expected: 'allow: firing for 6m', why: 'a start in the future counts from when we were told' },
    { settings: { atLeast: '5m' }, expected: 'allow: asked for by a person, not by an alert', why: 'no alert' },
  ],
}

/** The one page: what runs, what asks and waits, what people were called for, and Stop. Whole without scripts; a few lines keep it fresh where they may run. */
import { createHash } from 'node:crypto'
import { becauseLine, untilOf } from '../core/because.ts'
import { runbookId } from '../core/catalogue.ts'
import type { Notice } from '../core/notice.ts'
import { inWords } from '../core/plan.ts'
import type { State } from '../core/state.ts'
import { isEnd, type Workflow, type WorkflowState } from '../core/workflow.ts'
import { script, style } from './page-assets.ts'
import type { Readable } from './ports.ts'
import type { Form } from './schemas.ts'
import { time } from './times.ts'
import { listStops, viewStop } from './views/stops.ts'

const mostRows = 100
const mostEnded = 10
const mostEscalations = 10

/** What labels say is text: no markup, no control characters, nothing that turns the direction of writing. */
const escape = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd').replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)

const short = (id: string): string => `<code title="${escape(id)}">${escape(id.slice(-6))}</code>`

export interface Told {
  /** The stop that was just pulled from here. */
  readonly pulled?: string
  readonly note?: string
}

export function renderPage(readable: Readable, { pulled, note }: Told = {}): string {
  const { state, peers, now } = readable
  const live = (...names: WorkflowState[]): Workflow[] => names.flatMap((name) => [...(state.live.get(name) ?? [])])
  const stops = listStops(readable).map(({ id }) => viewStop(readable, id)!).filter(({ inForce }) => inForce)
  const runners = peers.filter(({ roles }) => roles.includes('run')).length
  const table = (title: string, workflows: readonly Workflow[], empty: string): string => renderTable(title, workflows, { state, now, empty })
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${stops.length > 0 ? 'STOPPED · ' : ''}Paramedic</title><style>${style}</style><noscript><meta http-equiv="refresh" content="10;url=/"></noscript></head><body><p id="away" role="alert" hidden>No answer from this server since <time></time>: what stands below is of then, and STOP here may do nothing. Stop from another server, by <code>paramedic stop</code>, or in Slack.</p>
<main>
<header><h1>Paramedic</h1><p>${count(runners, 'runner')} · ${count(state.episodes.size, 'alert')} · position ${state.position} · <time>${time(Date.now()).slice(11, 19)} UTC</time></p></header>
${note === undefined ? '' : `<p class="note" role="alert">${escape(note)}</p>`}
<form method="post" action="/v1/stops"><button class="stop">STOP${stops.length > 0 ? ' EVERYTHING' : ''}</button><label>why <input name="why" maxlength="1000" placeholder="may stay empty"></label><label>only <input name="matchers" placeholder="everything, or runbook=&quot;scale-service&quot;"></label></form>
${stops.map((stop) => renderStop(stop, stop.id === pulled)).join('')}
${table('Running', live('running', 'stopping', 'verifying'), 'Nothing runs.')}
${table('Asks a person', live('asking'), 'Nothing asks.')}${live('asking').length > 0 ? '<p>Look, then answer in Slack, or: <code>paramedic why ID</code>, <code>paramedic approve ID</code>, <code>paramedic deny ID</code></p>' : ''}
${table('Waits', live('waiting', 'ready', 'planning'), 'Nothing waits.')}
${renderEscalations(state, now)}
${table('Ended lately', endedLately(state), 'Nothing has ended yet.')}
</main><script>${script}</script></body></html>`
}

const count = (many: number, word: string): string => `${many} ${word}${many === 1 ? '' : 's'}`

function endedLately(state: State): Workflow[] {
  const ended: Workflow[] = []
  for (const workflow of [...state.workflows.values()].slice(-mostRows * 2).reverse()) {
    if (isEnd(workflow.state) && ended.push(workflow) === mostEnded) break
  }
  return ended
}

function renderStop(stop: Form<'Stop'>, isNew: boolean): string {
  const { acknowledgements, missing, covers } = stop
  const sum = (of: 'killed' | 'survivors'): number => acknowledgements.reduce((all, one) => all + one[of], 0)
  const tookMs = Math.round(Math.max(0, ...acknowledgements.map((one) => one.tookMs)))
  const proof = `${acknowledgements.length} of ${acknowledgements.length + missing.length} runners answered, ${sum('killed')} killed in ${tookMs} ms, ${count(sum('survivors'), 'survivor')}, ${covers.waiting} held`
  const alarms = [
    ...(missing.length > 0 ? [`NO ANSWER FROM ${missing.map(({ name }) => name).join(', ')}`] : []),
    ...(sum('survivors') > 0 ? ['SOMETHING SURVIVED: kill it on its host'] : []),
    ...(stop.durable ? [] : ['not on the log yet']),
  ]
  return `<section class="stopped"${isNew ? ' role="alert"' : ''}><h2>${stop.kind === 'pause' ? 'Paused' : 'Stopped'}: ${escape(stop.matchers.join(', ') || 'everything')}</h2>
<p>${short(stop.id)} by ${escape(stop.who)}: ${escape(stop.why || 'no reason given')}${stop.at === undefined ? '' : `, ${stop.at.slice(0, 16).replace('T', ' ')} UTC`}</p>
<p class="proof">${proof}.${alarms.map((alarm) => ` <strong>${escape(alarm)}.</strong>`).join('')}</p>
<p>To lift it: <code>paramedic go ${escape(stop.id.slice(-6))} --why "…"</code></p></section>`
}

function renderTable(title: string, workflows: readonly Workflow[], { state, now, empty }: { state: State; now: number; empty: string }): string {
  const rows = workflows.slice(0, mostRows).map((one) => row(one, { state, now })).join('')
  const more = workflows.length > mostRows ? `<p class="none">and ${workflows.length - mostRows} more: /v1/workflows</p>` : ''
  const body = workflows.length === 0 ? `<p class="none">${empty}</p>`
    : `<table><thead><tr><th>workflow<th>runbook<th>target<th>state<th>for<th>why</tr></thead><tbody>${rows}</tbody></table>${more}`
  return `<section><h2>${title} <small>${workflows.length}</small></h2>${body}</section>`
}

function row(one: Workflow, { state, now }: { state: State; now: number }): string {
  const at = untilOf(one)
  const until = at === undefined ? '' : `, until ${time(at).slice(0, 19).replace('T', ' ')} UTC`
  const why = escape(becauseLine(state, one).slice(0, 500)) + until
  return `<tr><td>${short(one.id)}<td>${escape(runbookId(one.runbook))}<td>${escape(one.targets.join(', ').slice(0, 300))}${escape(changeOf(one))}<td class="${one.state}">${one.state}<td><span title="since ${time(one.since)}">${age(now - one.since)}</span><td>${why || '<span class="none">–</span>'}</tr>`
}

/** ` 2 → 3`, where the plan is about one size. */
const changeOf = ({ plan, targets }: Workflow): string => {
  const [change, ...others] = plan?.changes ?? []
  const told = (value: unknown): string => inWords(value).slice(0, 40)
  return change === undefined || others.length > 0 || targets.length > 1 ? '' : ` ${told(change.from)} → ${told(change.to)}`
}

/** Rough: one unit is enough to see what is stuck. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`
}

/** What people were called for, the newest first; a stop stands above. */
function renderEscalations(state: State, now: number): string {
  const all = [...state.notices.values()].filter(({ urgency, about }) => urgency === 'page' && about.kind !== 'stop')
  const newest = all.sort((a, b) => b.lastAt - a.lastAt).slice(0, mostEscalations)
  const items = newest.map((notice) => `<li><span class="when">${age(now - notice.lastAt)} ago</span> ${escape(saying(state, notice).slice(0, 500))}${notice.count > 1 ? ` <small>×${notice.count}</small>` : ''}${notice.taken ? ` <small>taken by ${escape(notice.taken.who)}</small>` : ''}`)
  return `<section><h2>Escalated lately <small>${all.length}</small></h2>${items.length === 0 ? '<p class="none">Nobody was called.</p>' : `<ul>${items.join('')}</ul><p>More about one: <code>paramedic why ID</code> or <code>paramedic why FINGERPRINT</code>; all of them: <code>paramedic status</code></p>`}</section>`
}

function saying(state: State, { about }: Notice): string {
  switch (about.kind) {
    case 'unknown': return `${about.alertname}: ${about.detail}`
    case 'workflow': {
      const workflow = state.workflows.get(about.workflow)
      return workflow === undefined ? `workflow ${about.workflow.slice(-6)}` : `${runbookId(workflow.runbook)} on ${workflow.targets.join(', ')} ${workflow.state} (${workflow.id.slice(-6)}): ${becauseLine(state, workflow)}`
    }
    case 'stop': return `stop ${about.stop.slice(-6)}`
    case 'catalogue': return `the catalogue was refused: ${about.problems[0] ?? ''}`
    case 'runner lost': return `${about.name || about.runner.slice(-6)} was lost: ${about.why}`
    case 'heartbeat': return about.missing ? `the heartbeat of ${about.route} ${about.never ? 'never came' : 'stays away'}` : `the heartbeat of ${about.route} comes seldom`
    case 'trust': return `${about.runbook} ${about.is === 'proposed' ? 'is proposed for promotion' : about.is}`
    case 'suspended': return `${about.suspension.target} was changed by hand: ${about.suspension.runbooks.map(({ name }) => name).join(', ')} ${about.resumed ? 'goes on there' : 'leaves it alone'} (${about.suspension.id.slice(-6)})`
    case 'bad alerts': return `alerts that cannot be read: ${about.problems[0] ?? ''}`
  }
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** With the referrer policy `no-referrer` a browser would send the form with the origin `null`, which is a foreign one. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
}

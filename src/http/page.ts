/** The one page: what runs, what waits, and Stop. Whole without scripts; a few lines keep it fresh where they may run. */
import { createHash } from 'node:crypto'
import { runbookId } from '../core/catalogue.ts'
import { isEnd, type Workflow, type WorkflowState } from '../core/state.ts'
import type { Readable } from './ports.ts'
import { time } from './times.ts'
import { listStops, viewStop } from './views/stops.ts'
import type { Form } from './schemas.ts'

const mostRows = 200
const mostEnded = 20

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
  const { state, peers } = readable
  const live = (...names: WorkflowState[]): Workflow[] => names.flatMap((name) => [...(state.live.get(name) ?? [])])
  const stops = listStops(readable).map(({ id }) => viewStop(readable, id)!).filter(({ inForce }) => inForce)
  const runners = peers.filter(({ roles }) => roles.includes('run')).length
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${stops.length > 0 ? 'STOPPED · ' : ''}Paramedic</title><style>${style}</style></head><body><main>
<header><h1>Paramedic</h1><p>${runners} runner${runners === 1 ? '' : 's'} · ${state.episodes.size} alerts · position ${state.position}</p></header>
${note === undefined ? '' : `<p class="note" role="alert">${escape(note)}</p>`}
<form method="post" action="/v1/stops"><input name="why" maxlength="1000" placeholder="why (may stay empty)" aria-label="why"><input name="matchers" placeholder="everything, or matchers such as runbook=&quot;scale-service&quot;" aria-label="matchers"><button class="stop">STOP</button></form>
${stops.map((stop) => renderStop(stop, stop.id === pulled)).join('')}
${table('Running', live('running', 'stopping', 'verifying'))}${table('Waiting', live('waiting', 'asking', 'ready', 'planning'))}${table('Ended lately', endedLately(readable))}
</main><script>${script}</script></body></html>`
}

function endedLately({ state }: Readable): Workflow[] {
  const ended: Workflow[] = []
  for (const workflow of [...state.workflows.values()].slice(-mostRows).reverse()) {
    if (isEnd(workflow.state) && ended.push(workflow) === mostEnded) break
  }
  return ended
}

function renderStop(stop: Form<'Stop'>, isNew: boolean): string {
  const { acknowledgements, missing, covers } = stop
  const killed = acknowledgements.reduce((sum, one) => sum + one.killed, 0)
  const survivors = acknowledgements.reduce((sum, one) => sum + one.survivors, 0)
  const proof = `${acknowledgements.length} of ${acknowledgements.length + missing.length} runners answered, ${killed} killed, ${survivors} survivors, ${covers.waiting} held`
  return `<section class="stopped"${isNew ? ' role="alert"' : ''}><h2>Stopped: ${escape(stop.matchers.join(', ') || 'everything')} <small>${stop.kind}</small></h2>
<p>${short(stop.id)} by ${escape(stop.who)}: ${escape(stop.why || 'no reason given')}. ${proof}${missing.length > 0 ? `; <strong>NO ANSWER FROM ${escape(missing.map(({ name }) => name).join(', '))}</strong>` : ''}${stop.durable ? '' : '; not on the log yet'}.</p>
<p>To lift it: <code>paramedic go ${escape(stop.id.slice(-6))} --why "…"</code></p></section>`
}

const table = (title: string, workflows: readonly Workflow[]): string =>
  `<section><h2>${title} <small>${workflows.length}</small></h2>${workflows.length === 0 ? '<p class="none">nothing</p>'
    : `<table><thead><tr><th>workflow<th>runbook<th>target<th>state<th>since<th>why</tr></thead><tbody>${workflows.slice(0, mostRows).map(row).join('')}</tbody></table>`}${workflows.length > mostRows ? `<p class="none">and ${workflows.length - mostRows} more: /v1/workflows</p>` : ''}</section>`

const row = (one: Workflow): string =>
  `<tr><td>${short(one.id)}<td>${escape(runbookId(one.runbook))}<td>${escape(one.targets.join(', ').slice(0, 300))}<td class="${one.state}">${one.state}<td>${time(one.since)}<td>${escape([one.reason, one.detail].filter(Boolean).join(': ').slice(0, 500))}${one.state === 'waiting' && one.wait?.until !== undefined ? `, until ${time(one.wait.until)}` : ''}</tr>`

/** Fetches the page again when something happened, at most twice a second, and never while somebody writes into it. */
const script = `var t;new EventSource('/v1/events').onmessage=function(){if(t)return;t=setTimeout(function(){t=0;var a=document.activeElement;if(a&&a.tagName==='INPUT'&&a.value)return;fetch('/').then(function(r){return r.ok?r.text():''}).then(function(h){if(!h)return;var d=new DOMParser().parseFromString(h,'text/html');document.title=d.title;document.querySelector('main').replaceWith(d.querySelector('main'))})},500)}`

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}header{display:flex;gap:1rem;align-items:baseline;flex-wrap:wrap}header p{color:#555}form{display:flex;gap:.5rem;flex-wrap:wrap}input{flex:1;min-width:14rem;font:inherit;padding:.5rem}.stop{background:#c00;color:#fff;border:0;padding:.8rem 2rem;font:inherit;font-weight:700;border-radius:.4rem;cursor:pointer}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;overflow-wrap:anywhere}.healed,.completed{color:#060}.failed,.unproven,td.stopped{color:#b00}section.stopped{background:#fee;padding:.2rem 1rem;margin:1rem 0;border-radius:.4rem}.note{background:#ffd;padding:.5rem 1rem}.none,small{color:#666}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}th,td{border-color:#333}section.stopped{background:#400}.note{background:#440}.healed,.completed{color:#6d6}.failed,.unproven,td.stopped{color:#f88}header p,.none,small{color:#aaa}}`

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** With the referrer policy `no-referrer` a browser would send the form with the origin `null`, which is a foreign one. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
}

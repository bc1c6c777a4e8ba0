/** The one page: what runs, what waits, and Stop. Rendered here, whole without scripts; a few lines keep it fresh. */
import type { State, Workflow } from '../core/state.ts'

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`).replace(/[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')

export const page = (state: State, runners: readonly { name: string; ageMs: number }[]): string => {
  const live = (...names: readonly Workflow['state'][]): Workflow[] => names.flatMap((name) => [...(state.live.get(name as 'running') ?? [])])
  const ended = [...state.workflows.values()].slice(-20).reverse().filter((one) => !state.live.get(one.state)?.has(one))
  const stops = [...state.inForce]
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Paramedic</title><style>${style}</style>
<header><h1>Paramedic</h1><p>${runners.length} runner${runners.length === 1 ? '' : 's'} · ${state.episodes.size} alerts · position ${state.position}</p>
<form method="post" action="/v1/stops"><button class="stop">STOP EVERYTHING</button></form></header>
${stops.length === 0 ? '' : `<section class="stopped"><h2>Stopped</h2>${stops.map((stop) => `<p><code>${escape(stop.id.slice(-6))}</code> ${escape(stop.matchers.join(', ') || 'everything')} by ${escape(stop.who)}: ${escape(stop.why || 'no reason given')}<br>To lift it: <code>paramedic go ${escape(stop.id.slice(-6))} --why "…"</code></p>`).join('')}</section>`}
${table('Running', live('running', 'stopping', 'verifying'))}${table('Waiting', live('planning', 'ready', 'asking', 'waiting'))}${table('Ended lately', ended)}
<script>var t;var s=new EventSource('/v1/events');['decided','claimed','step done','step failed','ended','stop pulled','stop lifted','stop acknowledged','matched'].forEach(function(k){s.addEventListener(k,function(){clearTimeout(t);t=setTimeout(function(){location.reload()},500)})})</script></html>`
}

const table = (title: string, workflows: readonly Workflow[]): string =>
  `<section><h2>${title} <small>${workflows.length}</small></h2>${workflows.length === 0 ? '<p class="none">nothing</p>' : `<table><tr><th>workflow<th>runbook<th>target<th>state<th>why</tr>${workflows.slice(0, 200).map((one) => `<tr><td><code>${escape(one.id.slice(-6))}</code><td>${escape(`${one.runbook.name}@${one.runbook.version}`)}<td>${escape(one.targets.join(', '))}<td class="${one.state}">${one.state}<td>${escape([one.reason, one.detail].filter(Boolean).join(': '))}</tr>`).join('')}</table>`}</section>`

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}header{display:flex;gap:1rem;align-items:center;flex-wrap:wrap}header p{flex:1;color:#555}.stop{background:#c00;color:#fff;border:0;padding:.8rem 1.4rem;font:inherit;font-weight:700;border-radius:.4rem;cursor:pointer}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd}.healed,.completed{color:#060}.failed,.unproven,.stopped{color:#b00}.stopped{background:#fee;padding:.5rem 1rem;border-radius:.4rem}td.stopped{background:none;padding:.3rem .6rem}.none,small{color:#777}@media(prefers-color-scheme:dark){body{background:#111;color:#eee}th,td{border-color:#333}.stopped{background:#400}.healed,.completed{color:#6d6}.failed,.unproven,td.stopped{color:#f88}}`

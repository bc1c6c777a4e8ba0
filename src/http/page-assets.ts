/** The style of the page, and the few lines that keep it fresh. Their hashes stand in its content security policy. */

/**
 * Fetches the page again when something happened, at most twice a second, and every 10 s in any case; never while somebody
 * writes into it. After a stop the address is that of the stop, where nothing can be fetched: then it goes home first.
 * A server that is away, or hangs, is noticed within two seconds, and said: what stands there is then of the past.
 */
export const script = [
  'var t,lost,home=location.pathname==="/",bar=document.getElementById("away");',
  'function away(){if(lost)return;lost=new Date();bar.querySelector("time").textContent=lost.toISOString().slice(11,19)+" UTC";bar.hidden=false;document.title="NO ANSWER \u00b7 "+document.title}',
  'function back(){lost=0;bar.hidden=true}',
  'function ask(path,ms){return fetch(path,{cache:"no-store",signal:AbortSignal.timeout(ms)}).then(function(r){if(!r.ok)throw r;return r.text()})}',
  'function fresh(){if(t)return;t=setTimeout(function(){t=0;var a=document.activeElement;if(a&&a.tagName==="INPUT"&&a.value)return lost&&back();',
  'ask("/",5000).then(function(h){var d=new DOMParser().parseFromString(h,"text/html");',
  'document.title=d.title;document.querySelector("main").replaceWith(d.querySelector("main"));back();',
  'if(!home){home=true;history.replaceState(null,"","/")}}).catch(away)},500)}',
  'var events=new EventSource("/v1/events");events.onmessage=fresh;setInterval(fresh,10000);',
  'setInterval(function(){ask("/livez",1000).then(function(){if(lost)fresh()},away)},700)',
].join('')

export const style = [
  ':root{color-scheme:light dark;--ink:#1b1f23;--soft:#5d6670;--line:#d9dee3;--paper:#fff;--red:#c21a1a;--pink:#fdeaea;--green:#176b2c;--sun:#fff4cc}',
  '@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#9aa4ae;--line:#343b42;--paper:#14171a;--red:#ff6b6b;--pink:#3a1717;--green:#6fd08c;--sun:#4a3d0d}}',
  'body{font:16px/1.5 system-ui,sans-serif;max-width:76rem;margin:0 auto;padding:1rem;color:var(--ink);background:var(--paper)}',
  'header{display:flex;gap:.2rem 1rem;align-items:baseline;flex-wrap:wrap}h1{margin:0;font-size:1.6rem}header p{margin:0;color:var(--soft)}',
  'h2{font-size:1.1rem;margin:1.6rem 0 .3rem}small,.none,.when{color:var(--soft);font-weight:400}.none{margin:.2rem 0}',
  'form{display:flex;gap:.6rem 1rem;flex-wrap:wrap;align-items:center;margin:1rem 0}label{flex:1 1 16rem;display:flex;gap:.5rem;align-items:center;color:var(--soft)}',
  'input{flex:1;min-width:0;font:inherit;padding:.55rem;border:1px solid var(--line);border-radius:.4rem;background:transparent;color:inherit}',
  '.stop{background:#c21a1a;color:#fff;border:0;padding:.9rem 2.2rem;font:inherit;font-size:1.2rem;font-weight:700;border-radius:.5rem;cursor:pointer}',
  '.stop:hover,.stop:focus-visible{background:#9d1111;outline:3px solid var(--ink);outline-offset:2px}',
  'section.stopped{background:var(--pink);border-left:.4rem solid #c21a1a;padding:.6rem 1rem;margin:1rem 0;border-radius:.4rem}.stopped h2{margin:0;color:var(--red)}.stopped p{margin:.2rem 0}',
  '#away{position:sticky;top:0;margin:0;padding:.6rem 1rem;background:#c21a1a;color:#fff;border-radius:.4rem;font-weight:600}#away code{color:inherit}',
  '.note{background:var(--sun);padding:.5rem 1rem;border-radius:.4rem}code{font:.92em ui-monospace,monospace}',
  'table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}th{color:var(--soft);font-weight:400}',
  'td:nth-child(1),td:nth-child(4),td:nth-child(5){white-space:nowrap}ul{padding:0;margin:0;list-style:none}li{padding:.35rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}',
  '.healed,.completed{color:var(--green)}.failed,.unproven,td.stopped,td.stopping{color:var(--red)}',
  '@media(max-width:40rem){.stop{width:100%}thead{display:none}table,tbody,tr{display:block}tr{border-bottom:1px solid var(--line);padding:.5rem 0}td{display:inline;border:0;padding:0 .5rem 0 0}td:last-child{display:block}td:nth-child(2){font-weight:600;white-space:nowrap}td .none{display:none}header p{font-size:.85rem}}',
].join('')

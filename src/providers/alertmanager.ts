/**
 * Asks Alertmanager whether an alert fires, and whether it is silenced. It is gone only if every peer of every pair answers, none has it, and none
 * was restarted since it fired: Alertmanager keeps alerts in memory alone, so a fresh one knows of nothing.
 */
import { readFileSync } from 'node:fs'
import { plainLabels } from '../core/labels.ts'
import type { Silence } from '../core/silence.ts'
import type { State } from '../core/state.ts'
import type { Workflow } from '../core/workflow.ts'
import type { Edges } from '../edge/edges.ts'
import { createHttp, httpMeaning } from '../edge/http.ts'

export interface AlertmanagerPair {
  readonly urls: readonly string[]
  readonly auth?: { readonly tokenFile: string } | { readonly username: string; readonly passwordFile: string }
  /** A file of certificates to trust. */
  readonly ca?: string
}

const askMs = 5000
const mostSilences = 10
const mostText = 400

/** An alert as it lists them. */
interface Found {
  readonly labels: Record<string, string>
  readonly status: { readonly silencedBy: readonly string[] }
}

export function createAlertmanagers(pairs: readonly AlertmanagerPair[], edges: Edges) {
  const edge = edges.open('alertmanager', { meaning: httpMeaning })
  const https = pairs.map(({ ca }) => createHttp({ sockets: edges.sockets, ...(ca === undefined ? {} : { tls: { ca: readFileSync(ca, 'utf8') } }) }))
  const peers = pairs.flatMap((pair, index) => pair.urls.map((url) => ({ url, pair, http: https[index]! })))
  type Peer = (typeof peers)[number]
  const ask = ({ url, pair, http }: Peer, path: string): Promise<unknown> =>
    edge.call({
      target: url, effect: 'read', deadlineMs: askMs, signal: new AbortController().signal,
      run: (attempt) => http.json({ ...attempt, url: `${url}${path}`, headers: authOf(pair) }),
    })

  const found = async (peer: Peer, labels: Record<string, string>): Promise<Found | undefined> => {
    const filters = Object.entries(labels).map(([name, value]) => `filter=${encodeURIComponent(`${name}=${JSON.stringify(value)}`)}`)
    const alerts = (await ask(peer, `/api/v2/alerts?${filters.join('&')}`)) as Found[]
    return alerts.find((alert) => Object.keys(alert.labels).length === Object.keys(labels).length)
  }

  /** Undefined where it is not known. */
  const firesAt = async (peer: Peer, labels: Record<string, string>, startsAtMs: number): Promise<boolean | undefined> => {
    try {
      const [alert, status] = await Promise.all([found(peer, labels), ask(peer, '/api/v2/status')])
      const startedMs = Date.parse((status as { uptime: string }).uptime)
      return alert ? true : startedMs < startsAtMs ? false : undefined
    } catch {
      return undefined // who does not answer may still have it
    }
  }

  const silenceAt = async (peer: Peer, labels: Record<string, string>): Promise<Silence | undefined> => {
    const ids = (await found(peer, labels))?.status.silencedBy ?? []
    return latest(await Promise.all(ids.slice(0, mostSilences).map(async (id): Promise<Silence> => {
      try {
        const { createdBy, comment, endsAt } = (await ask(peer, `/api/v2/silence/${encodeURIComponent(id)}`)) as Record<'createdBy' | 'comment' | 'endsAt', string>
        return { text: `silenced by ${createdBy} until ${endsAt}: ${comment}`.slice(0, mostText), endsAt: Date.parse(endsAt) }
      } catch {
        return { text: `silenced in Alertmanager (${id})`, endsAt: Number.MAX_SAFE_INTEGER }
      }
    })))
  }

  return {
    /** True where any of them has it, false where it is gone, undefined where nobody can say. */
    fires: async (workflow: Workflow, state: State): Promise<boolean | undefined> => {
      const episode = workflow.episode === undefined ? undefined : state.episodes.get(workflow.episode)
      if (!episode) return undefined
      const answers = await Promise.all(peers.map((peer) => firesAt(peer, plainLabels(episode.labels), Date.parse(episode.startsAt))))
      return answers.includes(true) ? true : answers.includes(undefined) ? undefined : false
    },
    /** The one that ends last, of any of them; undefined where none says that it is silenced. Rejects where nobody answers. */
    silence: async (workflow: Workflow, state: State): Promise<Silence | undefined> => {
      const episode = workflow.episode === undefined ? undefined : state.episodes.get(workflow.episode)
      if (!episode) return undefined
      const answers = await Promise.allSettled(peers.map((peer) => silenceAt(peer, plainLabels(episode.labels))))
      const said = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
      if (said.length === 0) throw new Error('no Alertmanager says whether it is silenced')
      return latest(said.flatMap((silence) => silence ?? []))
    },
    /** The names of all alerts that are active and neither silenced nor inhibited. Rejects unless every peer answers. */
    active: async (): Promise<string[]> => {
      const answers = await Promise.all(peers.map((peer) => ask(peer, '/api/v2/alerts?active=true&silenced=false&inhibited=false')))
      return [...new Set(answers.flatMap((alerts) => (alerts as { labels: Record<string, string> }[]).map(({ labels }) => labels['alertname'] ?? '')))]
    },
    close: (): void => https.forEach((http) => http.close()),
  }
}

const latest = (silences: readonly Silence[]): Silence | undefined => silences.toSorted((a, b) => b.endsAt - a.endsAt)[0]

/** Read each time: who changes the file need not restart us. */
const authOf = ({ auth }: AlertmanagerPair): Record<string, string> => {
  if (auth === undefined) return {}
  if ('tokenFile' in auth) return { authorization: `Bearer ${readFileSync(auth.tokenFile, 'utf8').trim()}` }
  return { authorization: `Basic ${Buffer.from(`${auth.username}:${readFileSync(auth.passwordFile, 'utf8').trim()}`).toString('base64')}` }
}

/** The shop's monitoring: says that an alert fires, and that it is over, in the way that Alertmanager does. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
}

/** Where alerts go: straight to the webhook, or to an Alertmanager that has the webhook. */
export interface Pager {
  readonly kind: 'recorded' | 'alertmanager'
  send(alert: FiringAlert, status: 'firing' | 'resolved', signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Posts what Alertmanager 0.25 was recorded to post, header for header; and again, as it does, when the answer is 5xx. */
export function webhookPager(url: string): Pager {
  return {
    kind: 'recorded',
    close: async () => {},
    send: async (alert, status, signal) => {
      const body = JSON.stringify(payload(alert, status))
      for (let tries = 0; ; tries++) {
        const answer = await fetch(`${url}/webhooks/alertmanager`, {
          method: 'POST', body, headers: { 'content-type': 'application/json', 'user-agent': 'Alertmanager/0.25.0' },
          signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
        })
        if (answer.status === 200) return
        if (answer.status < 500 || tries > 20) throw new Error(`the webhook answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`)
        await sleep(300, undefined, { signal })
      }
    },
  }
}

function payload({ labels, annotations, startsAt }: FiringAlert, status: 'firing' | 'resolved') {
  const { alertname = '' } = labels
  return {
    receiver: 'paramedic', status,
    alerts: [{
      status, labels, annotations, startsAt, endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : new Date().toISOString(),
      generatorURL: 'http://prometheus.shop.example:9090/graph?g0.expr=ALERTS', fingerprint: '',
    }],
    groupLabels: { alertname }, commonLabels: labels, commonAnnotations: annotations, externalURL: 'http://alertmanager.shop.example:9093',
    version: '4', groupKey: `{}:{alertname=${JSON.stringify(alertname)}}`, truncatedAlerts: 0,
  }
}

/** A rule: fires when `isWrong` was true for a while, and is over when it was false for a while. Looks at the truth only. */
export interface Rule {
  readonly labels: FiringAlert['labels']
  readonly annotations: FiringAlert['annotations']
  isWrong(): boolean
  readonly forMs: number
  readonly keepFiringMs: number
}

export interface Watch {
  /** Settles when it fires, and when it is over again. */
  readonly fired: Promise<FiringAlert>
  readonly over: Promise<void>
  end(): void
}

export function watchRule(rule: Rule, pager: Pager, onProblem: (problem: unknown) => void): Watch {
  const fired = Promise.withResolvers<FiringAlert>()
  const over = Promise.withResolvers<void>()
  const end = new AbortController()
  let firing: FiringAlert | undefined
  let since: number | undefined
  let ended = false
  const look = (): void => {
    const changing = firing === undefined ? rule.isWrong() : !rule.isWrong()
    if (!changing || ended) return void (since = undefined)
    since ??= performance.now()
    if (performance.now() - since < (firing === undefined ? rule.forMs : rule.keepFiringMs)) return
    since = undefined
    if (firing === undefined) {
      firing = { labels: rule.labels, annotations: rule.annotations, startsAt: new Date().toISOString() }
      fired.resolve(firing)
      pager.send(firing, 'firing', end.signal).catch((problem: unknown) => end.signal.aborted || onProblem(problem))
    } else {
      ended = true
      pager.send(firing, 'resolved', end.signal).then(() => over.resolve(), (problem: unknown) => end.signal.aborted || onProblem(problem))
    }
  }
  const timer = setInterval(look, 100)
  return {
    fired: fired.promise,
    over: over.promise,
    end: () => {
      clearInterval(timer)
      end.abort()
    },
  }
}

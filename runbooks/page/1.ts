/**
 * Pages a person, by way of a service that takes PagerDuty's events (PagerDuty itself, or what speaks as it does).
 *
 * What: one event with the alert's name, summary and labels. Its key is the alert's fingerprint, so that the same alert
 * is one incident, however often it is said. The secret PAGER_KEY is the key of the service that is paged.
 *
 * When: what no machine should touch: data that may be lost, hardware, money.
 *
 * When not: what people are told anyway, in Slack or by Alertmanager's own receiver: nobody needs to be woken twice.
 */
import { hours, runbook, seconds } from 'paramedic'

export default runbook({
  target: 'alertname',
  provider: 'none',
  secrets: ['PAGER_KEY'],
  params: {
    url: { type: 'string', default: 'https://events.pagerduty.com/v2/enqueue', pattern: 'https?://[^ ]+' },
    severity: { type: 'string', default: 'critical', oneOf: ['critical', 'error', 'warning', 'info'] },
  },
  plan: ({ target }) => ({ changes: [{ target, from: 'nobody knows', to: 'a person is paged' }] }),
  steps: [
    {
      name: 'page', effect: 'repeatable', timeout: seconds(30),
      run: async ({ alert, target, labels, params, secrets, signal }) => {
        const summary = `${target}: ${alert?.annotations['summary'] ?? alert?.annotations['description'] ?? 'no summary'}`.slice(0, 1024)
        const body = {
          routing_key: secrets['PAGER_KEY'], event_action: 'trigger', dedup_key: alert?.fingerprint ?? target,
          payload: { summary, source: labels['instance'] ?? 'paramedic', severity: params.severity, custom_details: labels },
        }
        const answer = await fetch(params.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal })
        if (!answer.ok) throw new Error(`nobody was paged: ${answer.status} ${(await answer.text()).slice(0, 200)}`)
        return { status: answer.status }
      },
    },
  ],
  healedWithin: hours(24),
})

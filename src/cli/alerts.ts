/** `paramedic alerts`: episodes and what became of each. */
import { matches, parseMatchers } from '../core/matcher.ts'
import type { Cli } from './main.ts'
import { json } from './client.ts'
import { short, show, table } from './out.ts'

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('alerts').description('alerts and what became of each').argument('[matcher...]').addHelpText('after', '\nExample:\n  paramedic alerts \'severity="critical"\'').action(async (texts: string[]) => {
    const matchers = parseMatchers(texts)
    const { items } = await json<{ items: any[] }>(client(), 'GET', '/v1/episodes?limit=1000')
    const found = items.filter((one) => matches(matchers, new Map(Object.entries(one.labels as Record<string, string>))))
    show(asJson(), found, () => table(['ID', 'ALERT', 'STATUS', 'TOLD', 'ANSWER', 'WORKFLOW'], found.map((one) =>
      [short(one.id), one.labels.alertname, one.status, one.told, [one.answer?.state, one.answer?.reason].filter(Boolean).join(', ') || 'open', one.answer?.workflow ? short(one.answer.workflow) : ''])))
  })
}

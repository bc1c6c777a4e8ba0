/** `paramedic alerts`: episodes and what became of each. */
import type { Form } from '../http/schemas.ts'
import { all } from './client.ts'
import type { Cli } from './main.ts'
import { because, shorten, show, table } from './out.ts'

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('alerts').description('alerts and what became of each').argument('[matcher...]', 'such as severity="critical"')
    .addHelpText('after', '\nExample:\n  paramedic alerts \'severity="critical"\'').action(async (matchers: string[]) => {
      const items = await all<Form<'Episode'>>(client(), '/v1/episodes', { matcher: matchers })
      const id = shorten(items.flatMap(({ id: own, answer }) => (answer && 'workflow' in answer ? [own, answer.workflow] : [own])))
      show(asJson(), items, () => items.length === 0 ? 'no such alert is known' : table(['ID', 'ALERT', 'STATUS', 'SINCE', 'TOLD', 'ANSWER', 'WORKFLOW'], items.map(({ id: own, labels, status, startsAt, told, answer }) => [
        id(own), labels['alertname'] ?? '(no alertname)', status, startsAt, told,
        answer === undefined ? 'not yet' : 'workflow' in answer ? answer.state : because(answer), answer && 'workflow' in answer ? id(answer.workflow) : '',
      ])))
    })
}

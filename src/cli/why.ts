/** `paramedic why`: each gate's verdict with its numbers, and when it clears. */
import type { Form } from '../http/schemas.ts'
import { CliError, idPath, json, type ClientOptions } from './client.ts'
import type { Cli } from './main.ts'
import { because, short, show, table } from './out.ts'

type Why = Form<'Why'>
type Episode = Form<'Episode'>

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('why').description('why it ran, why it did not, or what it waits for').argument('<id>', "a workflow's or an episode's id, or an alert's fingerprint")
    .addHelpText('after', '\nExample:\n  paramedic why 675e2e\n  paramedic why 9f8c1d2e3a4b5c6d')
    .action(async (id: string) => {
      const found = await whyOf(client(), id)
      show(asJson(), found, () => ('gates' in found ? whyText(found) : episodeText(found)))
    })
}

async function whyOf(options: ClientOptions, id: string): Promise<Why | Episode> {
  const workflow = await unlessUnknown(json<Why>(options, 'GET', idPath('/v1/workflows', id, '/why')))
  if (workflow !== undefined) return workflow
  const byPrint = /^[0-9a-f]{16}$/.test(id) ? (await json<{ items: Episode[] }>(options, 'GET', `/v1/episodes?limit=1&fingerprint=${id}`)).items[0] : undefined
  const episode = byPrint ?? (await unlessUnknown(json<Episode>(options, 'GET', idPath('/v1/episodes', id))))
  if (episode === undefined) throw new CliError(1, `neither a workflow nor an alert is known as ${id}: \`paramedic alerts\` lists them`)
  const { answer } = episode
  return answer && 'workflow' in answer ? json<Why>(options, 'GET', idPath('/v1/workflows', answer.workflow, '/why')) : episode
}

const unlessUnknown = <T>(asked: Promise<T>): Promise<T | undefined> => asked.catch((problem: unknown) => {
  if (problem instanceof CliError && problem.code === 'NOT_FOUND') return undefined
  throw problem
})

const whyText = (why: Why): string => [
  `${short(why.id)} ${why.state}${why.reason || why.detail ? `: ${because(why)}` : ''}${why.until === undefined ? '' : `; clears ${why.until}`}`,
  ...(why.stops.length > 0 ? [`held by ${why.stops.length === 1 ? 'the stop' : 'the stops'} ${why.stops.map(short).join(', ')}`] : []),
  ...(why.gates.length === 0 ? ['it was not judged yet'] : [table(['GATE', 'VERDICT', 'REASON', 'DETAIL', 'CLEARS'], why.gates.map((one) =>
    [one.policy, one.verdict, one.reason, one.detail, one.until]))]),
].join('\n')

const episodeText = ({ id, labels, status, startsAt, answer }: Episode): string =>
  `${short(id)} ${labels['alertname'] ?? '(no alertname)'}, ${status} since ${startsAt}: ${answer === undefined || 'workflow' in answer ? 'it has no answer yet' : because(answer)}`

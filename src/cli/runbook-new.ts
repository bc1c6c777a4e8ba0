/** `paramedic runbook new`: a runbook out of an alert that a person had to solve. */
import { readFileSync } from 'node:fs'
import type { Incident } from '../catalog/scaffold/texts.ts'
import type { Form } from '../http/schemas.ts'
import { CliError, idPath, json, type ClientOptions } from './client.ts'
import { loaded } from './configured.ts'
import { events } from './events.ts'
import type { Cli } from './main.ts'
import { show } from './out.ts'

export async function newRunbook({ client, asJson }: Cli, name: string, { from, fixed, ...options }: Record<string, unknown> & { from: string; fixed?: string }): Promise<void> {
  const [{ scaffold }, { config }] = await Promise.all([import('../catalog/scaffold/scaffold.ts'), loaded(options)])
  const incident = /\.json$/.test(from) ? fromFile(from) : await fromServer(client(), from)
  const { written, line, problems } = await scaffold(name, fixed === undefined ? incident : { ...incident, fixed: [...incident.fixed, { who: 'whoever made this', text: fixed }] }, config.catalog)
  if (problems.length > 0) throw new CliError(written.length === 0 ? 1 : 2, [...written.map((path) => `wrote ${path}`), ...problems].join('\n'))
  show(asJson(), { written, line, problems }, () => [
    ...written.slice(0, -1).map((path) => `wrote ${path}`), `added a route in mode approve: ${written.at(-1)}:${line}`, 'check finds nothing but that it is not released',
    `next: write it, then \`paramedic runbook test ${name}\`, \`paramedic runbook lock\` and \`paramedic reload --wait\``,
  ].join('\n'))
}

/** An episode of the server, with what people noted about it. */
async function fromServer(options: ClientOptions, id: string): Promise<Incident> {
  const episode = await json<Form<'Episode'>>(options, 'GET', idPath('/v1/episodes', id))
  const about = [episode.id, ...(episode.answer && 'workflow' in episode.answer ? [episode.answer.workflow] : [])]
  const fixed: { who: string; text: string }[] = []
  for (const one of about) {
    for await (const line of events(options, `from=oldest&workflow=${one}`)) {
      if (line === 'caught up') break
      const { kind, who, text } = JSON.parse(line) as { kind: string; who: string; text: string }
      if (kind === 'noted') fixed.push({ who, text })
    }
  }
  return { labels: episode.labels, annotations: episode.annotations, fixed }
}

/** One alert, or the first of a notification, as Alertmanager sends it. */
function fromFile(file: string): Incident {
  try {
    const given = JSON.parse(readFileSync(file, 'utf8')) as { alerts?: unknown[] }
    const { labels, annotations = {} } = (given.alerts?.[0] ?? given) as Partial<Incident>
    if (typeof labels !== 'object' || labels === null) throw new Error('it holds no alert with labels')
    return { labels, annotations, fixed: [] }
  } catch (problem) {
    throw new CliError(2, `${file}: ${problem instanceof Error ? problem.message : String(problem)}`)
  }
}

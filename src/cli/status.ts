/** `paramedic status`: what is stopped, runs, waits, asks, and what people were called for; or one workflow whole. */
import { inWords } from '../core/plan.ts'
import { isEnd, liveStates } from '../core/workflow.ts'
import type { Form } from '../http/schemas.ts'
import { showDigest } from './digest.ts'
import { all, idPath, json, type ClientOptions } from './client.ts'
import type { Cli } from './main.ts'
import { suspensionText } from './resume.ts'
import { stopsInForce } from './stops.ts'
import { alarm, because, clean, shorten, show, strong, table } from './out.ts'

type Workflow = Form<'Workflow'>
type Episode = Form<'Episode'>

const bad = 'failed,unproven,refused,stopped,expired'
const mostEscalated = 20

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('status').description('what runs, what waits and for what, what asks, what was escalated; or one workflow whole').argument('[id]', "a workflow's id, or its last six characters")
    .option('--digest', 'one word for what the servers know, and whether they agree (exit 1 if not)')
    .addHelpText('after', '\nExample:\n  paramedic status\n  paramedic status 675e2e\n  paramedic status --digest')
    .action(async (id: string | undefined, { digest = false }: { digest?: boolean }) => {
      if (digest) return showDigest(client(), asJson())
      if (id !== undefined) {
        const one = await json<Workflow>(client(), 'GET', idPath('/v1/workflows', id))
        return show(asJson(), one, () => workflowText(one))
      }
      const now = await statusOf(client())
      show(asJson(), now, () => statusText(now))
    })
}

async function statusOf(options: ClientOptions) {
  const [live, escalated, stops, suspensions, { items: unanswered }] = await Promise.all([
    all<Workflow>(options, '/v1/workflows', { state: liveStates.join() }),
    json<{ items: Workflow[] }>(options, 'GET', `/v1/workflows?limit=${mostEscalated}&state=${bad}`),
    stopsInForce(options),
    all<Form<'Suspension'>>(options, '/v1/suspensions'),
    json<{ items: Episode[] }>(options, 'GET', '/v1/episodes?limit=500&status=firing'),
  ])
  const of = (...states: Workflow['state'][]): Workflow[] => live.filter(({ state }) => states.includes(state))
  return {
    stops, suspensions, running: of('running', 'stopping', 'verifying'), waiting: of('planning', 'ready', 'waiting'), asking: of('asking'),
    escalated: escalated.items, alerts: unanswered.filter(({ answer, heartbeat }) => heartbeat === undefined && !(answer && 'workflow' in answer)),
  }
}

function statusText({ stops, suspensions, running, waiting, asking, escalated, alerts }: Awaited<ReturnType<typeof statusOf>>): string {
  const workflows = [...running, ...waiting, ...asking, ...escalated]
  const id = shorten([...workflows, ...stops, ...suspensions, ...alerts].map((one) => one.id))
  const section = (title: string, items: readonly Workflow[]): string[] => items.length === 0 ? [] : [
    `\n${strong(title)} (${items.length})`,
    table(['ID', 'RUNBOOK', 'TARGET', 'STATE', 'SINCE', 'WHY'], items.map((one) =>
      [id(one.id), one.runbook, one.targets.join(', '), one.state, one.since, `${because({ ...one, detail: one.detail.split('\n', 1)[0] })}${one.until === undefined ? '' : `, until ${one.until}`}`])),
  ]
  return [
    ...stops.map((stop) => alarm(`STOPPED ${clean(stop.matchers.join(', ')) || 'everything'} by ${clean(stop.who)}: ${clean(stop.why) || 'no reason given'}  (paramedic go ${id(stop.id)} --why "…")`)),
    ...suspensions.map((one) => alarm(`${clean(suspensionText(one))}  (paramedic resume ${id(one.id)} --why "…")`)),
    running.length + waiting.length + asking.length === 0 ? 'nothing runs or waits' : '',
    ...section('running', running), ...section('waiting', waiting), ...section('asks a person', asking), ...section('escalated lately', escalated),
    ...(alerts.length === 0 ? [] : [`\n${strong('firing without a workflow')} (${alerts.length})`, table(['ID', 'ALERT', 'SINCE', 'WHY'], alerts.map((one) =>
      [id(one.id), one.labels['alertname'] ?? '(no alertname)', one.startsAt, one.answer && 'reason' in one.answer ? because(one.answer) : 'not matched yet']))]),
  ].filter((line, index) => line !== '' || index === 0).join('\n').trim()
}

export function workflowText(one: Workflow): string {
  return clean([
    `${one.id}  ${one.runbook} on ${one.targets.join(', ')}`,
    ...(one.request === undefined ? [] : [`asked for by ${one.request.who}${one.request.why === '' ? '' : `: ${one.request.why}`}${one.request.executedBy === undefined ? '; nobody has executed it' : ''}`]),
    `${one.state} since ${one.since}${one.reason || one.detail ? `: ${because(one)}` : ''}${one.until === undefined ? '' : `, until ${one.until}`}`,
    ...(one.deadline === undefined || one.state === 'verifying' || isEnd(one.state) ? [] : [`its time is over at ${one.deadline}`]),
    `${one.route === '' ? '' : `route ${one.route}, `}mode ${one.mode}, script ${one.digest.slice(0, 12)}${one.episode === undefined ? '' : `, episode ${one.episode}`}`,
    ...(one.after === undefined ? [] : [`after ${one.after} had not healed it`]),
    ...(one.next === undefined ? [] : [`then ${one.next} was tried`]),
    ...(one.ladder.length > 0 && one.next === undefined ? [`if it does not heal: ${one.ladder.join(', then ')}`] : []),
    ...(one.plan?.changes ?? []).map((change) => `plan: ${change.target} ${inWords(change.from)} → ${inWords(change.to)}`),
    ...one.verdicts.map((verdict) => `${verdict.verdict}: ${verdict.policy}, ${verdict.detail}`),
    ...one.steps.flatMap((step, index) => [
      `step ${index + 1} ${step.name} (${step.effect}): ${step.state}${step.startedAt !== undefined && step.endedAt !== undefined ? ` in ${Date.parse(step.endedAt) - Date.parse(step.startedAt)} ms` : ''}`,
      ...step.jobs.filter((job) => job.detail || job.state === 'failed').map((job) => `  ${job.target}: ${job.state}${job.reason || job.detail ? `, ${because(job)}` : ''}`),
      ...step.jobs.flatMap(printedLines),
    ]),
    ...one.approvals.map(({ who, at }) => `approved by ${who} at ${at}`),
    ...one.notes.map(({ at, who, text }) => `${at}  note of ${who}: ${text}`),
    ...one.timeline.map((moment) => `${moment.at}  ${moment.state}${moment.reason || moment.detail ? `  ${because(moment)}` : ''}`),
  ].join('\n'))
}

const mostLines = 40

function printedLines({ target, printed }: Workflow['steps'][number]['jobs'][number]): string[] {
  if (printed === undefined) return []
  const lines = printed.tail.trimEnd().split('\n')
  const left = lines.length > mostLines || Buffer.byteLength(printed.tail) < printed.bytes
  return [`  ${target} printed ${printed.bytes} bytes${left ? '; the last lines, and more with --json' : ''}:`, ...lines.slice(-mostLines).map((line) => `  | ${line}`)]
}

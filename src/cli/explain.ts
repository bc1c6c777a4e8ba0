/** `paramedic explain`: past decisions recomputed with today's code, from the log and the catalogue and facts of then. */
import { runbookId } from '../core/catalogue.ts'
import { createExplainer, type Explained } from '../core/explain.ts'
import { createFirstReading } from '../core/past.ts'
import type { Verdict } from '../core/policy.ts'
import type { Workflow } from '../core/workflow.ts'
import { CliError } from './client.ts'
import { history, withLogFlags } from './entries.ts'
import type { Cli } from './main.ts'
import { because, short, show, table } from './out.ts'

export const register = (cli: Cli): void => {
  withLogFlags(cli.program.command('explain').description('judges a past decision again, with the code of today and the log, catalogue and facts of then (exit 1 if it comes out otherwise)')
    .argument('<id>', "a workflow's or an episode's id, or an alert's fingerprint"))
    .addHelpText('after', '\nExample:\n  paramedic explain 675e2e\n  paramedic explain 675e2e --offline --log sqlite:/var/lib/paramedic/log.sqlite')
    .action((id: string, options: Record<string, unknown>) => explain(cli, id, options))
}

async function explain(cli: Cli, id: string, options: Record<string, unknown>): Promise<void> {
  const first = createFirstReading()
  for await (const read of history(cli, options)) first.fold(read)
  const workflow = workflowOf(first, id)
  const decisions = first.decisions.filter(({ entry, counted }) => counted && entry.workflow === workflow.id)
  if (decisions.length === 0) throw new CliError(1, `nothing was decided about ${short(workflow.id)} yet: it is ${workflow.state}`)
  const explainer = createExplainer(decisions)
  for await (const read of history(cli, options, { again: true })) explainer.fold(read)
  const { explained } = explainer
  show(cli.asJson(), { workflow: workflow.id, same: explained.every(({ same }) => same), decisions: explained.map(viewOf) }, () =>
    [`${short(workflow.id)} ${runbookId(workflow.runbook)} on ${workflow.targets.join(', ')}, ${workflow.state}`, ...explained.map((one, index) => textOf(one, index === explained.length - 1))].join('\n'))
  if (explained.some(({ same }) => !same)) process.exitCode = 1
}

function workflowOf(past: Pick<ReturnType<typeof createFirstReading>, 'workflows' | 'episodes'>, id: string): Workflow {
  const workflows = past.workflows()
  const named = workflows.filter((one) => one.id.endsWith(id))
  if (id.length >= 6 && named.length > 1) throw new CliError(1, `${id} stands for ${named.length} workflows: write more of it`)
  if (id.length >= 6 && named[0]) return named[0]
  const episode = past.episodes().filter((one) => one.fingerprint === id || (id.length >= 6 && one.id.endsWith(id))).at(-1)
  if (episode === undefined) throw new CliError(1, `neither a workflow nor an alert on the log is known as ${id}`)
  const { answer = { reason: '', detail: 'it has no answer yet' } } = episode
  if ('workflow' in answer) return workflows.find((one) => one.id === answer.workflow)!
  throw new CliError(1, `no plan was judged for it: ${because(answer)}`)
}

const viewOf = ({ then, now, missing, same, verdicts }: Explained) => ({
  position: then.position, judgedAt: then.entry.judgedAt, at: new Date(then.at).toISOString(), by: then.by, catalogue: then.entry.catalogue, plan: then.entry.plan, same,
  then: outcomeOf(then.entry), now: now === undefined ? null : outcomeOf(now), ...(missing === '' ? {} : { missing }), verdicts,
})

const outcomeOf = ({ outcome, reason, detail }: { outcome: string; reason?: string; detail: string }) => ({ outcome, ...(reason === undefined ? {} : { reason }), detail })

/** The last one whole, and of the others what differs. */
function textOf({ then, now, missing, same, verdicts }: Explained, whole: boolean): string {
  const { entry } = then
  const again = now === undefined ? `cannot be judged again: ${missing}` : same ? 'judged again: the same' : `JUDGED AGAIN: ${sayOutcome(now)}`
  const shown = verdicts.filter((one) => whole || !one.same)
  return [
    `entry ${then.position} at ${new Date(then.at).toISOString()}, judged at position ${entry.judgedAt} under catalogue ${entry.catalogue.slice(0, 12)}: ${sayOutcome(entry)}`,
    again,
    ...(shown.length === 0 ? [] : [table(['GATE', 'THEN', 'NOW'], shown.map((one) => [one.policy, say(one.then), one.same ? 'the same' : say(one.now)]))]),
  ].join('\n')
}

const sayOutcome = (of: { outcome: string; reason?: string; detail: string }): string => [of.outcome, because(of)].filter(Boolean).join(', ')
const say = (verdict: Verdict | undefined): string => (verdict === undefined ? 'not asked' : `${verdict.verdict}: ${because(verdict)}`)

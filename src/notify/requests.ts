/** `run` from Slack, by the same three steps as from anywhere: submitted and shown; executed once by a button; told of as it goes on. */
import { hash, randomUUIDv7 } from 'node:crypto'
import { canonical } from '../core/canonical.ts'
import { awaitsExec } from '../core/fold/requests.ts'
import { isEnd, type Workflow } from '../core/workflow.ts'
import { submission } from '../core/submission.ts'
import { whyText } from './answers.ts'
import { toLine } from './blocks.ts'
import { until, type Answer, type Deeds } from './deed.ts'
import { shortId } from './figures.ts'
import { whoIs, type Person } from './people.ts'
import { render } from './render.ts'
import { workflowFacts } from './view.ts'

/** A plan may take half a minute. */
const judgedWithinMs = 35_000

const say = (text: string, seenByAll = false): Answer => ({ message: toLine(text), seenByAll })

export const submitIt = async ({ runbook, target, why }: { runbook: string; target: string; why: string }, person: Person, { ports, signal }: Deeds): Promise<Answer> => {
  const { state } = ports
  const catalogue = state.catalogue && state.catalogues.get(state.catalogue.digest)
  if (catalogue === undefined) return say('No catalogue is in force yet: there is nothing to run.')
  if (target === '') return say('Say what and on what: `/paramedic run RUNBOOK TARGET WHY`.')
  const asked = { runbook, targets: [target], params: {}, labels: {}, why, dryRun: false }
  const [id, who] = [randomUUIDv7(), whoIs(person)]
  const fact = submission(asked, catalogue, { workflow: id, who, key: `${who}\n${id}`, body: hash('sha256', canonical(asked)) })
  if ('problems' in fact) return say(`Nothing was run: ${fact.problems.map(({ field, problem }) => `${field} ${problem}`).join('; ')}.`)
  await ports.append([fact])
  const judged = (): boolean => {
    const workflow = state.workflows.get(id)
    return workflow !== undefined && workflow.state !== 'planning' && (workflow.decision !== undefined || isEnd(workflow.state))
  }
  await until(judged, judgedWithinMs, signal)
  const workflow = state.workflows.get(id)
  if (workflow === undefined || !judged()) return say(`It is still being planned [${shortId(id)}]: \`/paramedic why ${shortId(id)}\` says how far it is. Nothing was run.`)
  return workflow.state === 'ready' ? shown(workflow, ports) : say(`Nothing was run.\n${await whyText(id, ports)}`)
}

/** The plan, what the policies say, and the buttons. */
const shown = (workflow: Workflow, { state, now, runners }: Deeds['ports']): Answer => {
  const facts = workflowFacts({ state, now: now(), runners: runners() }, workflow)
  return { message: render({ kind: 'workflow', key: `workflow:${workflow.id}`, urgency: 'page', open: false, ...facts }), seenByAll: false }
}

/** It runs once, whoever presses again, and only the plan that was shown. */
export const executeIt = async (action: 'exec' | 'cancel', [id = '', plan = '']: readonly string[], person: Person, { ports }: Deeds): Promise<Answer> => {
  const workflow = ports.state.workflows.get(id)
  if (workflow?.state !== 'ready' || !awaitsExec(workflow)) return say(`It does not wait for this any more${workflow ? `: it is ${workflow.state}` : ''}.`)
  if (workflow.plan!.digest !== plan) return say('The plan has changed since this was shown: ask for it anew.')
  const who = whoIs(person)
  const what = `${workflow.runbook.name}@${workflow.runbook.version} on ${workflow.targets.join(', ')} [${shortId(id)}]`
  if (action === 'cancel') {
    await ports.append([{ kind: 'cancelled', workflow: id, who, why: 'the button in Slack' }])
    return say(`Dropped ${what}: nothing is run.`)
  }
  const exec = randomUUIDv7()
  await ports.append([{ kind: 'exec asked', workflow: id, exec, plan, who }])
  if (workflow.request?.exec?.id !== exec) return say(`Somebody was faster: it is ${workflow.state}.`)
  return say(`▶️ ${who} runs ${what}. It goes through every gate again; \`/paramedic why ${shortId(id)}\` says how it goes on.`, true)
}

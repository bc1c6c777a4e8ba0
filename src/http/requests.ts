/** What people and programs ask for by themselves, in three steps: submitted, executed, looked at; and their answers. */
import { hash, randomUUIDv7 } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { counted, whyNot } from '../core/approving.ts'
import { canonical } from '../core/canonical.ts'
import { awaitsExec } from '../core/fold/requests.ts'
import { isEnd, type Workflow } from '../core/workflow.ts'
import { submission } from '../core/submission.ts'
import { answer } from './answer.ts'
import { findId, type Call } from './call.ts'
import { later, Refusal } from './errors.ts'
import { badRequest, readRequest } from './request-form.ts'
import { viewEpisode } from './views/others.ts'
import { viewVerdict, viewWorkflow } from './views/workflows.ts'
import { readObject, record, text, whoOf } from './word.ts'

/** A plan may take half a minute; whoever waited this long is told how far it came. */
const judgedWithinMs = 35_000
const lookEveryMs = 10

export async function submit(call: Call): Promise<void> {
  const { req, res, ports } = call
  const key = keyOf(req.headers['idempotency-key'])
  const given = await readObject(call)
  const [asked, who] = [readRequest(given), whoOf(call, given)]
  const { state } = ports.read()
  const catalogue = state.catalogue && state.catalogues.get(state.catalogue.digest)
  if (catalogue === undefined) throw new Refusal('NO_CATALOGUE', 'See /healthz for what is wrong with the files.', { headers: later() })
  const sent = { key: `${who}\n${key}`, body: hash('sha256', canonical(asked)) }
  let known = state.keys.get(sent.key)
  const again = known !== undefined
  if (known === undefined) {
    const fact = submission(asked, catalogue, { ...sent, who, workflow: randomUUIDv7() })
    if ('problems' in fact) throw badRequest(fact.problems)
    await record(call, [fact])
    known = state.keys.get(sent.key)
  }
  if (known === undefined || known.body !== sent.body) throw new Refusal('KEY_REUSED', 'This Idempotency-Key was used for another request: take a new one.')
  const workflow = state.workflows.get(known.workflow)
  if (workflow === undefined) throw new Refusal('NOT_FOUND', 'It is no longer remembered.')
  await until(call, () => workflow.state !== 'planning' && (workflow.decision !== undefined || isEnd(workflow.state)))
  if (isRefused(workflow) && !again) throw refused(workflow)
  answer(res, again ? 200 : 201, viewWorkflow(state, workflow))
}

export async function exec(call: Call): Promise<void> {
  const { res } = call
  const workflow = find(call)
  const given = await readObject(call, { optional: true })
  if (workflow.state !== 'ready' || !awaitsExec(workflow)) throw notReady(workflow)
  const plan = planOf(given, workflow)
  const id = randomUUIDv7()
  await record(call, [{ kind: 'exec asked', workflow: workflow.id, exec: id, plan, who: whoOf(call, given) }])
  if (workflow.request?.exec?.id !== id) throw notReady(workflow)
  await until(call, () => workflow.decision !== undefined || isEnd(workflow.state) || awaitsExec(workflow))
  if (isRefused(workflow)) throw refused(workflow)
  answer(res, 202, viewWorkflow(call.ports.read().state, workflow))
}

export const approve = (call: Call): Promise<void> => answerQuestion(call, 'approved')
export const deny = (call: Call): Promise<void> => answerQuestion(call, 'denied')

async function answerQuestion(call: Call, kind: 'approved' | 'denied'): Promise<void> {
  const workflow = find(call)
  const given = await readObject(call, { optional: true })
  if (kind === 'approved' && !call.caller.person) throw new Refusal('MAY_NOT_APPROVE', `${call.caller.name} is a machine: only the tokens of persons, which the setting \`people\` names, approve.`)
  if (kind === 'approved' && !call.caller.acts && workflow.approvers === undefined) throw new Refusal('FORBIDDEN', 'Another role is needed: its route names nobody who may approve.', { who: call.caller.name })
  const now = workflow.plan?.digest ?? ''
  const fact = { kind, workflow: workflow.id, plan: given['plan'] === undefined ? now : text(given, 'plan'), who: whoOf(call, given), why: text(given, 'why') }
  const no = whyNot(call.ports.read().state, fact)
  if (no) throw new Refusal(notCounted[no.reason], no.detail, no.reason === 'plan changed' ? { more: { plan: now } } : {})
  await record(call, [fact])
  if (!counted(workflow, fact)) throw new Refusal('NOT_ASKING', `Somebody was faster: ${workflow.timeline.at(-1)?.detail || workflow.state}.`)
  answer(call.res, 202, viewWorkflow(call.ports.read().state, workflow))
}

const notCounted = { 'not asking': 'NOT_ASKING', 'plan changed': 'PLAN_CHANGED', 'may not': 'MAY_NOT_APPROVE' } as const

/** What runs of it is killed as a stop kills. */
export async function cancel(call: Call): Promise<void> {
  const workflow = find(call)
  const given = await readObject(call, { optional: true })
  if (isEnd(workflow.state)) throw new Refusal('ENDED', `It has ended: it is ${workflow.state}.`)
  await record(call, [{ kind: 'cancelled', workflow: workflow.id, who: whoOf(call, given), why: text(given, 'why') }])
  answer(call.res, 202, viewWorkflow(call.ports.read().state, workflow))
}

export async function note(call: Call): Promise<void> {
  const workflow = find(call)
  await noted(call, workflow.id)
  answer(call.res, 202, viewWorkflow(call.ports.read().state, workflow))
}

/** An alert that no runbook answered: how it was fixed is all that there is. */
export async function noteEpisode(call: Call): Promise<void> {
  const { state } = call.ports.read()
  const episode = state.episodes.get(findId(state.episodes.keys(), call.id))!
  await noted(call, episode.id)
  answer(call.res, 202, viewEpisode(state, episode))
}

async function noted(call: Call, about: string): Promise<void> {
  const given = await readObject(call)
  const said = text(given, 'text')
  if (said === '') throw new Refusal('BAD_REQUEST', 'Say something: {"text": "…"}.')
  await record(call, [{ kind: 'noted', workflow: about, who: whoOf(call, given), text: said }])
}

function keyOf(header: string | string[] | undefined): string {
  const key = typeof header === 'string' ? header.trim() : ''
  if (key === '' || key.length > 200) throw new Refusal('KEY_REQUIRED', 'Send the header Idempotency-Key, up to 200 letters: the same one again gives the same workflow, never a second run.')
  return key
}

const find = ({ ports, id }: Call): Workflow => {
  const { state } = ports.read()
  return state.workflows.get(findId(state.workflows.keys(), id))!
}

/** The plan that was shown: who names none means the one of now. */
function planOf(given: Readonly<Record<string, unknown>>, workflow: Workflow): string {
  const digest = workflow.plan?.digest ?? ''
  if (given['plan'] !== undefined && given['plan'] !== digest) throw new Refusal('PLAN_CHANGED', 'Look at the new plan first.', { more: { plan: digest } })
  return digest
}

const notReady = (workflow: Workflow): Refusal =>
  new Refusal('NOT_AWAITING_EXEC', workflow.request === undefined ? 'It answers an alert: nobody has to execute it.' : `It does not wait for this: it is ${workflow.state}.`, { more: { state: workflow.state } })

/** It came to nothing before it began: by the policies, or because no plan could be made. */
const isRefused = ({ state, started }: Workflow): boolean => !started && (state === 'refused' || state === 'failed')

const refused = ({ id, state, reason, detail, decision }: Workflow): Refusal =>
  new Refusal('REFUSED', `${reason}: ${detail}`, { more: { id, state, reason, verdicts: (decision?.verdicts ?? []).map(viewVerdict) } })

async function until({ door, res }: Call, holds: () => boolean): Promise<void> {
  const over = performance.now() + judgedWithinMs
  while (!holds() && performance.now() < over && !door.ending.aborted && !res.destroyed) await sleep(lookEveryMs)
}

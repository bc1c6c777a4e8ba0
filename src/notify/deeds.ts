/** What a command or a button does, and what is said about it. Stopping asks nobody; everything else asks who it is. */
import { counted, whyNot } from '../core/approving.ts'
import { isApprover } from '../core/person.ts'
import type { Notice } from '../core/notice.ts'
import { shortKey, type Pressed } from './action.ts'
import { findById, statusText, whyText } from './answers.ts'
import { toLine } from './blocks.ts'
import { howToNarrow, type SlackCommand } from './command.ts'
import type { Answer, Deeds } from './deed.ts'
import { shortId } from './figures.ts'
import { helpText } from './help.ts'
import { whoIs, type Person } from './people.ts'
import { render } from './render.ts'
import { executeIt, submitIt } from './requests.ts'
import type { Reply } from './reply.ts'
import { liftIt, stopIt } from './stopping.ts'
import { viewOf } from './view.ts'

const say = (text: string): Answer => ({ message: toLine(text), seenByAll: false })

export const runCommand = async (command: SlackCommand, person: Person, reply: Reply, deeds: Deeds): Promise<Answer> => {
  const { ports, listed } = deeds
  switch (command.command) {
    case 'stop':
    case 'pause': {
      const { matchers, forMs, why, hint } = command
      const order = { matchers, effect: command.command === 'stop' ? 'kill' : 'pause', ...(forMs === undefined ? {} : { forMs }), who: whoIs(person), why } as const
      return stopIt(order, reply, deeds, hint === undefined ? '' : `${hint}. ${howToNarrow}`)
    }
    case 'help': return say(command.unknown === undefined ? helpText : `\`${command.unknown}\` is not a command; nothing was done.\n${helpText}`)
    case 'go':
    case 'status':
    case 'why':
    case 'approve':
    case 'run':
    case 'resume':
    case 'deny': break
  }
  const allowed = await listed(person)
  if (!allowed.may) return say(allowed.why)
  switch (command.command) {
    case 'go': return liftIt(command, whoIs(person), reply, deeds)
    case 'status': return say(statusText(ports.state))
    case 'why': return say(await whyText(command.about, ports))
    case 'approve':
    case 'deny': return showQuestion(command.id, deeds)
    case 'run': return submitIt(command, person, deeds)
    case 'resume': return resumeIt(command, person, deeds)
  }
}

export const runPressed = async ({ action, values }: Pressed, person: Person, reply: Reply, deeds: Deeds): Promise<Answer> => {
  if (action === 'stop') {
    return stopIt({ matchers: values, effect: 'kill', who: whoIs(person), why: 'the button in Slack' }, reply, deeds, '')
  }
  const approvers = action === 'approve' ? deeds.ports.state.workflows.get(values[0] ?? '')?.approvers : undefined
  const allowed = approvers && isApprover({ approvers }, whoIs(person)) ? { may: true as const } : await deeds.listed(person)
  if (!allowed.may) return say(allowed.why)
  switch (action) {
    // Its window is open by now; what is said there comes as a word of its own.
    case 'fixed': return say('Say how in the window that opened.')
    case 'lift': return liftIt({ command: 'go', id: values[0] ?? '', why: '' }, whoIs(person), reply, deeds)
    case 'take': return take(values[0] ?? '', person, deeds)
    case 'promote': return promoteIt(values[0] ?? '', person, deeds)
    case 'resume': return resumeIt({ id: values[0] ?? '', why: 'the button in Slack' }, person, deeds)
    case 'approve':
    case 'deny': return answerQuestion(action, values, person, deeds)
    case 'exec':
    case 'cancel': return executeIt(action, values, person, deeds)
  }
}

const take = async (key: string, person: Person, { ports }: Deeds): Promise<Answer> => {
  const notice = noticeOf(ports.state.notices, key)
  if (!notice) return say('This is no longer remembered: nothing is left to take.')
  if (notice.taken) return say(`${notice.taken.who} took it already.`)
  const who = whoIs(person)
  await ports.append([{ kind: 'taken', notice: notice.key, who }])
  const taken = ports.state.notices.get(notice.key)?.taken
  return say(taken === undefined || taken.who === who ? 'It is yours: nobody is called for it again.' : `${taken.who} was faster and took it.`)
}

/** The first word counts, whoever speaks with him. */
const resumeIt = async ({ id, why }: { readonly id: string; readonly why: string }, person: Person, { ports }: Deeds): Promise<Answer> => {
  const suspended = findById(ports.state.suspensions, id)
  if (!suspended) return say('Nothing is suspended under this id any more; `/paramedic status` lists what is.')
  if (why === '') return say('Say why it is safe to go on: `/paramedic resume ID WHY`.')
  await ports.append([{ kind: 'resumed', suspension: suspended.id, who: whoIs(person), why }])
  return say(`Resumed: ${suspended.runbooks.map(({ name }) => name).join(', ')} may touch ${suspended.target} again.`)
}

/** Only while it is proposed. */
const promoteIt = async (runbook: string, person: Person, { ports }: Deeds): Promise<Answer> => {
  const { proposed, promoted, fallen } = ports.state.trust.get(runbook) ?? {}
  if (!proposed) return say(promoted && !fallen ? 'It was promoted already.' : 'It is not proposed any more: it failed since.')
  await ports.append([{ kind: 'promoted', runbook, who: whoIs(person), why: 'the button in Slack', heals: proposed.heals, inMs: proposed.inMs }])
  return say(`Promoted: ${runbook} runs by itself where its route lets it.`)
}

const noticeOf = (notices: ReadonlyMap<string, Notice>, key: string): Notice | undefined =>
  notices.get(key) ?? (key.startsWith('sha256:') ? [...notices.values()].find((one) => shortKey(one.key) === key) : undefined)

/** An approval counts once, only while it is asked for, and only for the plan that was shown: the fold sees to that. */
const answerQuestion = async (action: 'approve' | 'deny', [id = '', plan = '']: readonly string[], person: Person, { ports }: Deeds): Promise<Answer> => {
  const answer = { kind: action === 'approve' ? 'approved' : 'denied', workflow: id, plan, who: whoIs(person), why: 'the button in Slack' } as const
  const no = whyNot(ports.state, answer)
  if (no) return say(no.detail)
  await ports.append([answer])
  const workflow = ports.state.workflows.get(id)!
  if (!counted(workflow, answer)) return say(`Somebody was faster: ${workflow.timeline.at(-1)?.detail || workflow.state}.`)
  return say(action === 'approve' ? `Approved [${shortId(id)}]: it goes through every other gate now.` : `Denied [${shortId(id)}]: nothing is run.`)
}

/** The plan and the buttons: nobody approves what was not shown. */
const showQuestion = async (id: string, { ports }: Deeds): Promise<Answer> => {
  const workflow = findById(ports.state.workflows, id)
  if (workflow?.state !== 'asking') return say(workflow ? `[${shortId(workflow.id)}] does not ask: it is ${workflow.state}.` : 'Name what asks by its id, or its last six characters; `/paramedic status` lists them.')
  const notice = ports.state.notices.get(`workflow:${workflow.id}`)
  return notice ? { message: render(viewOf({ state: ports.state, now: ports.now(), runners: ports.runners() }, notice)), seenByAll: false } : say(await whyText(workflow.id, ports))
}

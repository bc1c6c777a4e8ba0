/** A workflow: one line while it does what it should, everything about it when it asks or went wrong. */
import { stopAll, stopRunbook } from './action-stop.ts'
import { againCommand } from './again.ts'
import type { Card, Part } from './card.ts'
import { clock, long, shortId } from './figures.ts'
import type { StepView, WorkflowView } from './message.ts'

export const workflowCard = (view: WorkflowView): Card => {
  const running = isRunning(view) && !view.awaitsExec
  const card: Card = {
    icon: icons[view.state] ?? '⚙️', line: lineOf(view), parts: [], footer: [],
    actions: running || asks(view) ? [...answers(view), stopRunbook(view.runbook), ...(running ? [] : [stopAll])] : [],
  }
  if (view.urgency === 'info' && !asks(view) && !wasKilled(view)) return card
  return {
    ...card, heading: headingOf(view), footer: [[`Workflow ${shortId(view.id)}`, view.route].filter(Boolean).join(' · '), `Started ${clock(view.createdAt)}`],
    parts: partsOf(view), actions: card.actions.length > 0 || view.urgency === 'info' ? card.actions : [stopRunbook(view.runbook), stopAll],
  }
}

const icons: Partial<Record<WorkflowView['state'], string>> = {
  asking: '🙋', running: '⚙️', stopping: '🛑', verifying: '🔎', healed: '✅', completed: '✅', rehearsed: '📝', unproven: '❓', failed: '❌', stopped: '🛑',
  refused: '⛔', expired: '⌛', cancelled: '🚫', obsolete: '💤',
}

/** Whoever pulled the stop sees what it left behind, and how it goes on. */
const wasKilled = ({ state, steps }: WorkflowView): boolean => state === 'stopped' && steps.some((step) => step.state !== 'open')

const isRunning = ({ state }: WorkflowView): boolean => ['planning', 'ready', 'waiting', 'running', 'stopping', 'verifying'].includes(state)

const nameOf = ({ runbook, targets }: WorkflowView): string => `${runbook} on ${targets.join(', ') || 'nothing'}`

const changesOf = ({ changes }: WorkflowView): string =>
  changes.slice(0, 3).map(({ target, from, to }) => `${target} ${from} → ${to}`).join(', ') + (changes.length > 3 ? ` and ${changes.length - 3} more` : '')

const lineOf = (view: WorkflowView): string => {
  const { state, detail, alertname, createdAt, since } = view
  const change = changesOf(view)
  const because = state === 'running' ? '' : state === 'healed' ? detail : state === 'stopped' && view.stoppedBy !== undefined ? `by ${view.stoppedBy}` : whyOf(view)
  const took = state === 'healed' || state === 'completed' ? ` after ${long(Math.max(0, since - createdAt))}` : ''
  return `${state}${took}: ${nameOf(view)}${alertname ? ` for ${alertname}` : ''}${change ? ` (${change})` : ''}${because ? `: ${because}` : ''}${nextRung(view)} [${shortId(view.id)}]`
}

/** Nobody is called for what did not help, while something else is tried. */
const nextRung = ({ state, next, urgency }: WorkflowView): string => (next !== '' && urgency === 'info' && ['failed', 'unproven'].includes(state) ? `; ${next} is tried next` : '')

const whyOf = ({ reason, detail }: WorkflowView): string => [reason, firstLine(detail)].filter(Boolean).join(': ')

/** Where in its script it failed is in `paramedic status`. */
const firstLine = (text: string): string => text.split('\n', 1)[0]!

const headingOf = (view: WorkflowView): string => {
  const what = nameOf(view)
  if (view.state === 'asking') return `May ${what} go ahead?`
  if (view.awaitsExec) return `Run ${what}?`
  if (view.reason === 'in doubt') return `In doubt: ${what}`
  if (view.state === 'stopped' && view.firing) return `Stopped, and the alert still fires: ${what}`
  if (view.state === 'unproven') return `Not proven to have helped: ${what}`
  return `${view.state[0]!.toUpperCase()}${view.state.slice(1)}: ${what}`
}

const partsOf = (view: WorkflowView): Part[] => {
  const { annotations, changes, verdicts, steps, labels } = view
  const facts: [string, string][] = [
    ...(view.stoppedBy === undefined ? [['Why', whyOf(view) || view.state] as [string, string]] : [['Stopped by', view.stoppedBy] as [string, string]]),
    ...(view.alertname ? [['Alert', `${view.alertname}${view.firing === undefined ? '' : view.firing ? ', still firing' : ', resolved'}`] as [string, string]] : []),
  ]
  return [
    { part: 'facts', facts },
    ...(annotations.summary ? [{ part: 'text', text: annotations.summary } as const] : []),
    ...(annotations.runbookUrl ? [{ part: 'link', name: 'Runbook', address: annotations.runbookUrl } as const] : []),
    ...(changes.length > 0 ? [{ part: 'list', title: 'Plan', items: changes.map(({ target, from, to }) => `${target}: ${from} → ${to}`) } as const] : []),
    ...(verdicts.length > 0 && judged.includes(view.state) ? [{ part: 'list', title: 'Verdicts', items: verdicts.map(verdictLine) } as const] : []),
    ...(steps.some(({ state }) => state !== 'open') ? [{ part: 'list', title: 'Steps', items: steps.map(stepLine) } as const] : []),
    ...(view.printed.length > 0 ? [{ part: 'code', title: `What “${diedIn(view)?.name ?? 'it'}” printed last`, lines: view.printed, keep: 'end' } as const] : []),
    { part: 'text', title: 'What Paramedic did', text: didOf(view) },
    { part: 'text', title: 'What to do', text: `${nextOf(view)}` },
    ...(repeatable(view) ? [{ part: 'code', title: 'To run it again: it is planned and judged anew, and asks before it runs', lines: [againCommand(view)] } as const] : []),
    ...(labels.length > 0 ? [{ part: 'code', title: 'Labels', lines: labels.map(([name, value]) => `${name}=${JSON.stringify(value.slice(0, 160))}`) } as const] : []),
  ]
}

const verdictLine = ({ policy, verdict, detail, until }: WorkflowView['verdicts'][number]): string =>
  `${verdict} by ${policy}: ${detail}${until === undefined ? '' : `, next at ${clock(until)}`}`

/** Where what the policies said is what people need to know: after that it is on the log. */
const judged: readonly WorkflowView['state'][] = ['asking', 'ready', 'refused', 'expired']

/** Whatever is in doubt is looked at by hand first. */
const repeatable = ({ state, steps, targets }: WorkflowView): boolean =>
  ['failed', 'stopped', 'expired'].includes(state) && targets.length > 0 && !steps.some((step) => step.state === 'in doubt')

const marks: Record<StepView['state'], string> = { open: '·', running: '▶', done: '✓', failed: '✗', 'in doubt': '?', interrupted: '✂' }
const stepLine = ({ name, state, detail }: StepView): string => `${marks[state]} ${name}${state === 'open' ? ': not begun' : `: ${state}`}${detail ? ` (${firstLine(detail)})` : ''}`

/** The step it died in: the first that is not done. */
const diedIn = ({ steps }: WorkflowView): StepView | undefined =>
  steps.find(({ state }) => state === 'failed' || state === 'in doubt') ?? steps.find(({ state }) => state !== 'done')

const began = ({ steps, stoppedBy }: WorkflowView): boolean => steps.some((step) => step.state !== 'open') || stoppedBy !== undefined

const didOf = (view: WorkflowView): string => {
  const { steps, state } = view
  if (asks(view)) return 'it made the plan by reading only. Nothing has been changed.'
  const done = steps.filter((step) => step.state === 'done' && step.changes).map(({ name, detail }) => (detail === '' ? name : `${name} (${detail})`))
  const at = diedIn(view)
  if (!began(view)) return 'nothing was run.'
  const changed = done.length > 0 ? `done and not undone: ${done.join(', ')}; the plan was ${changesOf(view) || 'to change nothing'}` : 'no step that changes anything was finished'
  return `${changed}.${at && state !== 'unproven' ? ` It ${isRunning(view) ? 'is at' : 'ended in'} the step “${at.name}”${at.changes ? ', which may have changed something' : ''}.` : ''}`
}

const again = ({ runbook, alertname }: WorkflowView): string => `It is never run again by itself${alertname === '' ? '' : `; when the alert has ended and fires anew, ${runbook} answers it anew`}.`

const nextOf = (view: WorkflowView): string => {
  const why = `\`paramedic why ${shortId(view.id)}\` names each gate.`
  switch (view.state) {
    case 'ready': return `press Run it, or Drop it (\`paramedic exec ${shortId(view.id)}\`, \`paramedic cancel ${shortId(view.id)}\`). After an hour without an answer it expires. ${why}`
    case 'asking': return `press Approve or Deny (\`paramedic approve ${shortId(view.id)}\`, \`paramedic deny ${shortId(view.id)}\`). After an hour without an answer it expires. ${why}`
    case 'failed':
      if (view.reason === 'in doubt') return `see by hand whether “${diedIn(view)?.name ?? 'the step'}” took effect: it may be done only once, so Paramedic will not try again. ${again(view)}`
      if (!began(view)) return `mend what stands under Why, or do it by hand. ${again(view)}`
      return `look at the step's output: \`paramedic status ${shortId(view.id)}\`. ${again(view)}`
    case 'unproven': return `the steps were done and the alert did not go away in time: see what is really wrong. ${again(view)}`
    case 'stopped': return `see what was left half done${view.stopLifted ? '' : ', and lift the stop when it is safe'}. ${again(view)}`
    case 'refused': return `do it by hand, or wait until the limit clears. ${why}`
    case 'expired': return `nobody answered in time. Do it by hand if it is still needed. ${again(view)}`
    default: return why
  }
}

const asks = ({ state, awaitsExec }: WorkflowView): boolean => state === 'asking' || awaitsExec

const answers = (view: WorkflowView): Card['actions'] => {
  const { id: workflow, plan } = view
  if (plan === undefined || !asks(view)) return []
  return (view.awaitsExec ? ['exec', 'cancel'] as const : ['approve', 'deny'] as const).map((action) => ({ action, workflow, plan }))
}

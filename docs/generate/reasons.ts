/** `docs/reasons.md`: why something was not done, or ended as it did. */
import { reasons, type Reason } from '../../src/core/reason.ts'
import { generated, table } from './markdown.ts'

const groups = {
  'Why an alert got no workflow': ['no route', 'mode off', 'no target', 'heartbeat', 'recorded', 'resolved first', 'bad params'],
  'Why a plan was not started, or not yet': [
    'stopped', 'suspended', 'revoked', 'trust', 'answered', 'resolved', 'duplicate', 'dry run', 'approval', 'denied', 'no policy', 'force.dryRun', 'targets', 'excluded', 'rate', 'concurrency', 'cooldown', 'attempts',
    'policy failed', 'fact missing', 'bounds', 'one-domain', 'same', 'steps', 'order', 'caps', 'healthy-floor', 'mass-failure', 'storm', 'breaker', 'slow-down', 'ramp', 'error-budget',
    'opposite', 'pause-after', 'window', 'freeze', 'blocking-alerts', 'firing-for', 'hands-off', 'code', 'security violation', 'silenced', 'target busy', 'claim expired', 'no kill', 'catalogue',
  ],
  'How a workflow ended': [
    'alert gone', 'done', 'not healed in time', 'deadline', 'step failed', 'step timeout', 'step memory', 'in doubt', 'plan failed', 'plan timeout', 'nothing to change', 'runbook changed', 'cancelled',
    'expired', 'runner lost', 'no runner', 'at bound', 'spawn failed',
  ],
} as const satisfies Readonly<Record<string, readonly Reason[]>>

/** The compiler asks for each, and for no other. */
const meanings: Readonly<Record<Reason, string>> = {
  'no route': 'No route of `routes.yaml` takes this alert: people are told, unless `unmatched: record`.',
  'mode off': 'Its route is `off`, or has no mode.',
  'no target': "It lacks the label that names the runbook's target.",
  'heartbeat': 'Its route only watches that it keeps coming.',
  'recorded': 'Its route names no runbook.',
  'resolved first': 'It was told of as resolved before it was told of as firing: late firings of it do nothing.',
  'bad params': "The route's parameters do not fit the runbook.",
  'stopped': 'An emergency stop covers it.',
  'suspended': 'Somebody changed by hand what this runbook had changed there: it leaves the target alone until a person says `paramedic resume`.',
  'revoked': 'The version was revoked: it never runs, whatever names it.',
  'trust': 'The version may not run by itself yet, or any more: nobody granted or promoted it, or it failed.',
  'answered': 'Its alert has another workflow already.',
  'resolved': 'The alert was resolved before anything was run.',
  'duplicate': 'Another workflow works on the same target.',
  'dry run': 'Its route says `dry-run`: planned and judged, not run.',
  'approval': 'A person must say yes to this plan.',
  'denied': 'A person said no.',
  'no policy': 'No policies are written for the runbook: what nobody limited does not run.',
  'force.dryRun': 'The configuration lets nothing run.',
  'targets': 'A target is not on the list of those that may be touched.',
  'excluded': 'A target is on the list of those that may never be touched.',
  'rate': 'So many were started in the window already.',
  'concurrency': 'So many run already.',
  'cooldown': 'The same was done to this target too lately.',
  'attempts': 'It was tried as often as it may be; a person is asked.',
  'policy failed': 'A policy could not judge, which counts as no.',
  'fact missing': 'Something of the outside must be known and could not be read. For a policy that counts as no; whether an alert that began long ago still fires is asked of a person.',
  'bounds': 'A target would become too small or too large, or change too far in one step.',
  'one-domain': 'Another failure domain is being worked on.',
  'same': 'Its targets differ in a label in which they must not.',
  'steps': 'The runbook has a step that is not on the list.',
  'code': 'A policy of your own says so: the detail is its word.',
  'security violation': 'A policy that is code tried to change what it judges: look at its module, and at who reviewed it.',
  'order': 'A step is not in the place where it must be.',
  'caps': 'As much is being touched, or was lately, as may be.',
  'healthy-floor': 'Too few would be left healthy.',
  'mass-failure': 'So many targets fail at once that the observer is suspected; a person is asked.',
  'storm': 'A storm of failures is not long enough over.',
  'breaker': 'The breaker tripped; a person closes it.',
  'slow-down': 'It goes in the dangerous direction, and something did so lately.',
  'ramp': 'More at once is allowed only once what was started first has proved itself.',
  'error-budget': 'So many failed in the window, or may yet, that nothing more starts.',
  'opposite': 'The same target was changed the other way too lately.',
  'pause-after': 'After so many comes a pause.',
  'window': 'It is not the time for it.',
  'freeze': 'Nothing is changed in these days.',
  'blocking-alerts': 'An alert fires during which nothing is touched.',
  'firing-for': 'The alert is too young, or too old.',
  'hands-off': 'Another controller is changing the target.',
  'silenced': 'Its alert is silenced in Alertmanager: it is held until that is over, and dropped if the alert is gone by then. What runs already goes on.',
  'target busy': 'Its target is held by another workflow.',
  'claim expired': 'The runner did not start it in time; it is offered again.',
  'no kill': 'Nothing on this machine kills without survivors, so nothing starts by itself.',
  'catalogue': 'What it was judged by has changed, or its runbook is not in the catalogue.',
  'alert gone': 'Healed: the steps were done and the alert is gone.',
  'done': 'All steps were done; there was no alert to check.',
  'deadline': 'What all its steps together may take was over: what ran was ended, and nothing was tried again. `deadline` of the runbook or of the request says how long that is.',
  'not healed in time': 'The steps were done and the alert still fired when `healedWithin` was over.',
  'step failed': 'A step failed.',
  'step timeout': 'A step ran longer than its timeout and was killed.',
  'step memory': 'A step used more memory than it may and was killed.',
  'in doubt': 'Its runner went away while a step ran that may be done only once: nobody knows whether it was.',
  'plan failed': 'The plan could not be made.',
  'plan timeout': 'Making the plan took too long.',
  'nothing to change': 'The plan changes nothing, and the alert fires.',
  'runbook changed': 'The script is not the one that the workflow began with.',
  'cancelled': 'A person cancelled it.',
  'expired': 'Nobody answered in time.',
  'runner lost': 'Its runner was lost.',
  'no runner': 'No runner that lives serves all its targets: look at `runner.targets`, and at the hosts of those that do.',
  'at bound': 'The target is as large or as small as it may be.',
  'spawn failed': 'The process for it could not be started.',
}

export function reasonsPage(): string {
  const sorted: readonly Reason[] = Object.values(groups).flat()
  const missing = reasons.filter((one) => !sorted.includes(one))
  if (missing.length > 0) throw new Error(`put ${missing.join(', ')} into a group of docs/generate/reasons.ts`)
  const introduction = `# Reasons

${generated}

A closed set: the same word on the log, in metrics, in Slack, in the API and in the CLI. \`paramedic why ID\` shows it with its numbers, and when it clears.
`
  return [introduction, ...Object.entries(groups).map(([title, list]) => [`## ${title}`, '', table(['reason', 'means'], list.map((one) => [`\`${one}\``, meanings[one]])), ''].join('\n'))].join('\n')
}

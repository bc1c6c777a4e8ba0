/** How a workflow ends, and why it went as it did: two closed sets of words, the same in log, metric, API, Slack and tests. */
export const ends = [
  'healed', 'completed', 'rehearsed', 'unproven', 'failed', 'stopped', 'refused', 'expired', 'cancelled', 'obsolete',
] as const
export type End = (typeof ends)[number]

export const reasons = [
  // why an episode has no workflow
  'no route', 'mode off', 'no target', 'heartbeat', 'recorded', 'resolved first', 'bad params',
  // why a plan is not started, or not yet
  'stopped', 'suspended', 'revoked', 'trust', 'answered', 'resolved', 'duplicate', 'dry run', 'approval', 'denied', 'no policy', 'force.dryRun',
  'targets', 'excluded', 'rate', 'concurrency', 'cooldown', 'attempts', 'policy failed', 'fact missing',
  'bounds', 'one-domain', 'healthy-floor', 'mass-failure', 'storm', 'breaker', 'caps', 'slow-down', 'ramp', 'error-budget',
  'opposite', 'pause-after', 'blocking-alerts', 'window', 'freeze', 'firing-for', 'hands-off', 'steps', 'same', 'order',
  'code', 'security violation', 'target busy', 'claim expired', 'silenced',
  'no kill', 'catalogue',
  // how a workflow ended
  'alert gone', 'done', 'not healed in time', 'step failed', 'step timeout', 'step memory', 'in doubt', 'plan failed',
  'plan timeout', 'nothing to change', 'runbook changed', 'cancelled', 'expired', 'runner lost', 'no runner', 'at bound', 'spawn failed', 'deadline',
] as const
export type Reason = (typeof reasons)[number]

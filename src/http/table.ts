/**
 * Every call there is: who may, what it takes, what it answers. The server, /openapi.json and docs/api.md are made of
 * this table.
 */
import type { Code } from './errors.ts'
import type { SchemaName } from './schemas.ts'
import type { Right } from './tokens.ts'

export type Answer = SchemaName | 'text' | 'html' | 'events' | 'openapi'

export interface Operation {
  readonly method: 'get' | 'post' | 'put'
  /** With `{id}`. */
  readonly path: string
  readonly right: Right
  /** Answered within a second while everything else is saturated. */
  readonly urgent?: true
  /** Answered before the log was read; everything else is told to come again. */
  readonly whileStarting?: true
  readonly about: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: SchemaName
  readonly success: readonly [status: number, answer: Answer]
  readonly refusals: readonly Code[]
}

const paging = { limit: 'How many, 1 to 500; 100 unless it is said', after: 'The id after which to go on' }
const find: readonly Code[] = ['NOT_FOUND', 'AMBIGUOUS_ID']
const webhook = { right: 'send', body: 'Notification', success: [200, 'Accepted'] } as const
const webhookRefusals: readonly Code[] = [
  'BAD_JSON', 'BAD_NOTIFICATION', 'TOO_LARGE', 'BAD_ENCODING', 'NOT_DURABLE', 'QUEUE_FULL', 'BUSY', 'NO_INTAKE', 'TIMEOUT',
]

export const operations = {
  alertmanager: {
    method: 'post', path: '/webhooks/alertmanager', ...webhook, refusals: webhookRefusals,
    about: "Takes a notification of Alertmanager's webhook, version 4. 200 once it is durable; what is wrong with single alerts is in `problems`.",
  },
  grafana: {
    method: 'post', path: '/webhooks/grafana', ...webhook, refusals: [...webhookRefusals, 'BAD_SIGNATURE'],
    about: "The same for Grafana's alerting. Where its HMAC secret is configured, the signature stands for a token.",
  },
  grafanaPut: {
    method: 'put', path: '/webhooks/grafana', ...webhook, refusals: [...webhookRefusals, 'BAD_SIGNATURE'],
    about: 'The same, for contact points that are set to PUT.',
  },
  pullStop: {
    method: 'post', path: '/v1/stops', right: 'stop', urgent: true, whileStarting: true, body: 'NewStop', success: [201, 'PulledStop'], refusals: ['FOREIGN_ORIGIN'],
    query: { wait: 'Waits this long for the proof, and answers with it: 10s' },
    about: 'Pulls an emergency stop. The body may be empty: everything is stopped then. A body or a matcher that cannot be read stops everything too, and `note` says so. With `wait`, the answer is the stop with its proof.',
  },
  stops: {
    method: 'get', path: '/v1/stops', right: 'read', urgent: true, query: { inForce: 'true: only those', ...paging }, success: [200, 'StopList'], refusals: ['BAD_QUERY'],
    about: 'Stops and their proofs, newest first.',
  },
  stop: { method: 'get', path: '/v1/stops/{id}', right: 'proof', urgent: true, success: [200, 'Stop'], refusals: find, about: 'One stop: what it covers, who answered, who is missing, what it holds.' },
  liftStop: {
    method: 'post', path: '/v1/stops/{id}/lift', right: 'act', urgent: true, body: 'Lift', success: [202, 'Stop'],
    refusals: [...find, 'WHY_REQUIRED', 'BAD_JSON', 'STOP_FORCED', 'FOREIGN_ORIGIN', 'NOT_DURABLE'],
    about: 'Lifts a stop. What it held is planned and judged again.',
  },
  submit: {
    method: 'post', path: '/v1/workflows', right: 'act', body: 'NewWorkflow', success: [201, 'Workflow'],
    refusals: ['KEY_REQUIRED', 'BAD_JSON', 'BAD_WORKFLOW', 'KEY_REUSED', 'REFUSED', 'NO_CATALOGUE', 'NOT_DURABLE', 'TOO_LARGE'],
    about: 'Submits a request: planned and judged, nothing is run. The header Idempotency-Key names it: the same key again answers 200 with the same workflow for a day, also when it was refused or expired.',
  },
  exec: {
    method: 'post', path: '/v1/workflows/{id}/exec', right: 'act', body: 'PlanShown', success: [202, 'Workflow'],
    refusals: [...find, 'BAD_JSON', 'NOT_AWAITING_EXEC', 'PLAN_CHANGED', 'REFUSED', 'NOT_DURABLE'],
    about: 'Runs what was submitted, once: it is judged again first. Of many the first counts. A submission that nobody executes expires after an hour.',
  },
  approve: {
    method: 'post', path: '/v1/workflows/{id}/approve', right: 'approve', body: 'PlanShown', success: [202, 'Workflow'], refusals: [...find, 'BAD_JSON', 'NOT_ASKING', 'PLAN_CHANGED', 'MAY_NOT_APPROVE', 'NOT_DURABLE'],
    about: 'Says yes to the plan that it asks about. It goes through every other gate all the same. A machine never does, nor who asked for it where another person has to. Who is no operator may where the route names it in `approvers`; where it does, nobody else may.',
  },
  deny: {
    method: 'post', path: '/v1/workflows/{id}/deny', right: 'curb', body: 'PlanShown', success: [202, 'Workflow'], refusals: [...find, 'BAD_JSON', 'NOT_ASKING', 'PLAN_CHANGED', 'NOT_DURABLE'],
    about: 'Says no: it ends refused, and nothing is run.',
  },
  cancel: {
    method: 'post', path: '/v1/workflows/{id}/cancel', right: 'curb', urgent: true, body: 'Cancel', success: [202, 'Workflow'], refusals: [...find, 'BAD_JSON', 'ENDED', 'NOT_DURABLE'],
    about: 'Ends it. What runs of it is killed as a stop kills, with every process that it started.',
  },
  note: {
    method: 'post', path: '/v1/workflows/{id}/note', right: 'curb', body: 'Note', success: [202, 'Workflow'], refusals: [...find, 'BAD_JSON', 'BAD_REQUEST', 'NOT_DURABLE'],
    about: 'Puts what a person has to say about it on the log.',
  },
  noteEpisode: {
    method: 'post', path: '/v1/episodes/{id}/note', right: 'curb', body: 'Note', success: [202, 'Episode'], refusals: [...find, 'BAD_JSON', 'BAD_REQUEST', 'NOT_DURABLE'],
    about: 'Puts on the log what a person has to say about an alert: how it was fixed by hand. `paramedic runbook new` begins with it.',
  },
  workflows: {
    method: 'get', path: '/v1/workflows', right: 'read', success: [200, 'WorkflowList'], refusals: ['BAD_QUERY'],
    query: { state: 'Of these states, with commas', runbook: 'Of this runbook', target: 'On this target', ...paging }, about: 'Workflows, newest first.',
  },
  workflow: { method: 'get', path: '/v1/workflows/{id}', right: 'read', success: [200, 'Workflow'], refusals: find, about: 'One workflow whole.' },
  why: { method: 'get', path: '/v1/workflows/{id}/why', right: 'read', success: [200, 'Why'], refusals: find, about: "Each gate's verdict with its numbers, and when it clears." },
  episodes: {
    method: 'get', path: '/v1/episodes', right: 'read', success: [200, 'EpisodeList'], refusals: ['BAD_QUERY'],
    query: { matcher: "In Alertmanager's notation; may be repeated", fingerprint: 'Of this alert', status: 'firing or resolved', ...paging }, about: 'Episodes and what became of each, newest first.',
  },
  episode: { method: 'get', path: '/v1/episodes/{id}', right: 'read', success: [200, 'Episode'], refusals: find, about: 'One episode.' },
  runbooks: { method: 'get', path: '/v1/runbooks', right: 'read', success: [200, 'RunbookList'], refusals: [], about: 'The runbooks in force.' },
  routes: { method: 'get', path: '/v1/routes', right: 'read', success: [200, 'RouteList'], refusals: [], about: 'The routes in force, in their order.' },
  policies: { method: 'get', path: '/v1/policies', right: 'read', success: [200, 'PolicyList'], refusals: [], about: 'The policies in force.' },
  catalogues: { method: 'get', path: '/v1/catalogues', right: 'read', success: [200, 'CatalogueList'], refusals: [], about: 'The catalogues that the log knows, newest first.' },
  useCatalogue: {
    method: 'post', path: '/v1/catalogues/{id}/use', right: 'act', success: [202, 'Reloaded'], refusals: [...find, 'BUSY', 'NOT_DURABLE'],
    about: 'Puts a catalogue back in force, by its digest or its first characters. One that was in force before never comes back by itself.',
  },
  upgrade: { method: 'get', path: '/v1/upgrade', right: 'read', success: [200, 'Upgrade'], refusals: [], about: 'The fold version of the log, and what each server that lives knows.' },
  finishUpgrade: {
    method: 'post', path: '/v1/upgrade/finish', right: 'act', success: [202, 'Upgrade'], refusals: ['OLDER_SERVERS', 'BUSY', 'NOT_DURABLE'],
    about: 'Raises the fold version of the log to what every server that lives knows, for good: an older one that comes back decides and starts nothing.',
  },
  runners: { method: 'get', path: '/v1/runners', right: 'read', success: [200, 'RunnerList'], refusals: [], about: 'The processes that tick, with their roles.' },
  digest: {
    method: 'get', path: '/v1/digest', right: 'read', success: [200, 'Digest'], refusals: ['BAD_QUERY', 'POSITION_GONE'], query: { position: 'When exactly so many entries were folded; it must be yet to come, or now' },
    about: 'The digest of the folded state, and its position: servers that folded alike say the same. A snapshot at that position has it too.',
  },
  edges: { method: 'get', path: '/v1/edges', right: 'read', success: [200, 'EdgeList'], refusals: [], about: 'What this process calls outside of itself: whether it is well, what is under way, what failed last.' },
  closeBreaker: {
    method: 'post', path: '/v1/breakers/{id}/close', right: 'act', body: 'Lift', success: [202, 'Status'], refusals: ['NOT_FOUND', 'WHY_REQUIRED', 'BAD_JSON', 'FOREIGN_ORIGIN', 'NOT_DURABLE'],
    about: 'Closes a breaker that tripped, by the name of its policy. What it counted up to now is forgotten.',
  },
  suspensions: { method: 'get', path: '/v1/suspensions', right: 'read', query: paging, success: [200, 'SuspensionList'], refusals: ['BAD_QUERY'], about: 'Runbooks that leave a target alone because somebody changed by hand what they had changed, newest first.' },
  switches: { method: 'get', path: '/v1/switches', right: 'read', success: [200, 'SwitchList'], refusals: [], about: 'How the outside is called, where a person says so.' },
  switchEdge: {
    method: 'post', path: '/v1/switches', right: 'act', body: 'NewSwitch', success: [202, 'Status'], refusals: ['BAD_REQUEST', 'NOT_ALLOWED_HERE', 'WHY_REQUIRED', 'BAD_JSON', 'NOT_DURABLE'],
    about: 'Switches how something outside is called, at once and for every process of this log. No policy and no stop looks at it.',
  },
  promote: {
    method: 'post', path: '/v1/runbooks/{id}/promote', right: 'act', body: 'Lift', success: [202, 'Status'], refusals: ['NOT_FOUND', 'NOT_PROPOSED', 'MAY_NOT_APPROVE', 'WHY_REQUIRED', 'BAD_JSON', 'NOT_DURABLE'],
    about: 'Lets a version (NAME@VERSION) run by itself that its verified heals have proposed. Its first failure takes that back. A machine never does.',
  },
  resume: {
    method: 'post', path: '/v1/suspensions/{id}/resume', right: 'act', body: 'Lift', success: [202, 'Suspension'], refusals: [...find, 'WHY_REQUIRED', 'BAD_JSON', 'NOT_DURABLE'],
    about: 'They may touch it again.',
  },
  reload: { method: 'post', path: '/v1/reload', right: 'act', success: [200, 'Reloaded'], refusals: ['FOREIGN_ORIGIN'], about: "Reads the catalogue's files again." },
  drill: {
    method: 'post', path: '/v1/drills/{id}', right: 'act', success: [200, 'Drilled'], refusals: ['NOT_FOUND', 'BUSY', 'NOT_DURABLE', 'FOREIGN_ORIGIN'],
    about: 'Rehearses `stop`, `breaker` or `duplicates` on things that are nobody\'s, while real work goes on, and puts on the log how it went.',
  },
  events: {
    method: 'get', path: '/v1/events', right: 'read', success: [200, 'events'], refusals: ['BAD_QUERY', 'BUSY', 'POSITION_GONE'],
    query: { from: 'From this position on, or `oldest`: from where the log begins by now; the header Last-Event-ID goes on after it; without either, what comes from now on', workflow: 'Only entries of this workflow' },
    about: 'Server-sent events: entries, each with its position as id. `caught-up` is sent each time the end was reached.',
  },
  livez: { method: 'get', path: '/livez', right: 'open', whileStarting: true, urgent: true, success: [200, 'Status'], refusals: [], about: 'The process lives.' },
  readyz: { method: 'get', path: '/readyz', right: 'open', urgent: true, whileStarting: true, success: [200, 'Status'], refusals: ['NOT_READY'], about: 'The log can be written, is read to its end, and ticks are fresh.' },
  healthz: { method: 'get', path: '/healthz', right: 'local', urgent: true, whileStarting: true, success: [200, 'Health'], refusals: [], about: 'Each dependency by name, the way of killing, the last drill.' },
  metrics: { method: 'get', path: '/metrics', right: 'local', urgent: true, success: [200, 'text'], refusals: [], about: 'For Prometheus.' },
  openapi: { method: 'get', path: '/openapi.json', right: 'open', whileStarting: true, success: [200, 'openapi'], refusals: [], about: 'This, as OpenAPI 3.1.' },
  page: { method: 'get', path: '/', right: 'read', urgent: true, success: [200, 'html'], refusals: [], about: 'One page: what runs, what waits, and Stop.' },
} as const satisfies Readonly<Record<string, Operation>>

export type OperationId = keyof typeof operations

/** Of every call that asks for a token, and of every call. */
export const refusalsOf = ({ right, refusals, whileStarting, method }: Operation): readonly Code[] => {
  const all: Code[] = [...refusals]
  if (right !== 'open') all.push('UNAUTHORIZED', 'FORBIDDEN')
  if (!whileStarting) all.push('STARTING')
  if ((right === 'act' || right === 'curb') && all.includes('NOT_DURABLE')) all.push('UPGRADE_UNFINISHED')
  if (method !== 'get' && !all.includes('FOREIGN_ORIGIN')) all.push('FOREIGN_ORIGIN')
  return [...new Set<Code>([...all, 'INTERNAL'])]
}

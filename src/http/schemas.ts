/**
 * The forms of what the API takes and answers. /openapi.json is made of these, the views are typed by them, and a test
 * holds real answers against them. Loaded only when the description is asked for: types cost nothing at start.
 */
import { z } from 'zod'
import { drills } from '../core/entry.ts'
import { reasons } from '../core/reason.ts'
import { edgeModes } from '../edge/settings.ts'
import { ends } from '../core/reason.ts'
import { liveStates } from '../core/workflow.ts'

const time = z.iso.datetime().describe('RFC 3339, UTC')
const id = z.uuid().describe('UUIDv7')
const digest = z.string().regex(/^[0-9a-f]{64}$/)
const reason = z.enum(reasons)
const labels = z.record(z.string(), z.string())
const json = z.unknown()
const state = z.enum([...liveStates, ...ends])
const list = <T extends z.ZodType>(item: T) => z.strictObject({ items: z.array(item), next: z.string().nullable().describe('What `after` takes to go on; null at the end') })

const verdict = z.strictObject({
  policy: z.string(), verdict: z.enum(['allow', 'wait', 'ask', 'refuse']), reason: reason.optional(), detail: z.string(),
  until: time.optional().describe('When it clears, where that is known'), key: z.string().optional(),
})
const change = z.strictObject({ target: z.string(), id: z.string(), from: json, to: json })
const plan = z.strictObject({
  digest, targets: z.array(z.strictObject({ name: z.string(), id: z.string() })), changes: z.array(change),
  observed: z.array(z.strictObject({ name: z.string(), target: z.string().optional(), value: json, readAt: time })), notes: json.optional(),
})
const job = z.strictObject({
  target: z.string(), state: z.enum(['open', 'claimed', 'done', 'failed', 'in doubt']), attempts: z.int(), output: json.optional(),
  reason: reason.optional(), detail: z.string().optional(), startedAt: time.optional(), endedAt: time.optional(),
  printed: z.strictObject({ tail: z.string(), bytes: z.int() }).optional().describe('The end of what it printed, at most 64 kB, and how much it was; where one workflow is asked for'),
})
const step = z.strictObject({
  name: z.string(), state: z.enum(['open', 'running', 'done', 'failed', 'in doubt']), effect: z.enum(['read', 'repeatable', 'once']),
  jobs: z.array(job), output: json.optional().describe('Of its only job, or by target'), startedAt: time.optional(), endedAt: time.optional(),
})
const workflow = z.strictObject({
  id, state, reason: reason.optional(), detail: z.string(), runbook: z.string(), digest, mode: z.enum(['off', 'dry-run', 'approve', 'auto']),
  route: z.string(), provider: z.string(), targets: z.array(z.string()), params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  labels, episode: id.optional(), after: id.optional().describe('What had been tried before on the ladder of its route'), next: id.optional().describe('What was tried next'),
  ladder: z.array(z.string()).describe('What would be tried next'), createdAt: time, since: time, until: time.optional(), deadline: time.optional().describe('When its budget is spent: then nothing of it goes on'), runner: id.optional(), stoppedBy: id.optional(),
  plan: plan.optional(), verdicts: z.array(verdict), steps: z.array(step),
  request: z.strictObject({ who: z.string(), why: z.string(), executedBy: z.string().optional() }).optional().describe('Where a person or a program asked for it'),
  approvers: z.array(z.string()).optional().describe('Who may approve it, where its route names them'), approvals: z.array(z.strictObject({ who: z.string(), at: time })), notes: z.array(z.strictObject({ at: time, who: z.string(), text: z.string() })),
  timeline: z.array(z.strictObject({ at: time, state, reason: reason.optional(), detail: z.string(), by: z.string() })),
})
const why = z.strictObject({
  id, state, reason: reason.optional(), detail: z.string(), until: time.optional(), judgedAt: time.optional(), catalogue: digest.optional(),
  gates: z.array(verdict), stops: z.array(id).describe('Stops in force that cover it'),
})
const episode = z.strictObject({
  id, fingerprint: z.string(), startsAt: z.string(), status: z.enum(['firing', 'resolved']), labels, annotations: labels, receiver: z.string(),
  source: z.string(), firstAt: time, lastAt: time, told: z.int(), resolvedAt: time.optional(), heartbeat: z.string().optional(),
  answer: z.union([z.strictObject({ workflow: id, state }), z.strictObject({ reason, detail: z.string() })]).optional(),
})
const acknowledgement = z.strictObject({ runner: id, name: z.string(), killed: z.int(), survivors: z.int(), tookMs: z.number(), at: time })
const stop = z.strictObject({
  id, matchers: z.array(z.string()).describe('None: everything'), kind: z.enum(['kill', 'pause']), who: z.string(), why: z.string(), at: time.optional(),
  liftsItself: time.optional().describe('When a pause that was pulled `for` a while is over'),
  durable: z.boolean().describe('On the log; until then it is in force here and kept in a local file'), inForce: z.boolean(),
  lifted: z.strictObject({ at: time, who: z.string(), why: z.string() }).optional(),
  covers: z.strictObject({ running: z.int(), waiting: z.int(), routes: z.int() }).describe('Now: nothing once it is lifted'),
  acknowledgements: z.array(acknowledgement),
  missing: z.array(z.strictObject({ runner: id, name: z.string() })).describe('Runners that have not answered'),
  lost: z.array(z.strictObject({ runner: id, name: z.string(), at: time })).describe('Runners that were lost without an answer: what they ran was let go of by its deadline'),
  held: z.array(id), killed: z.array(id), note: z.string().optional(),
  became: z.record(z.string(), z.int()).optional().describe('Once it is lifted: what became of what it held, with how many: ran, obsolete, expired, refused, still waiting and for what'),
})
const drilled = z.strictObject({ drill: z.enum(drills), ok: z.boolean(), detail: z.string(), who: z.string(), tookMs: z.number(), survivors: z.int() })
const runner = z.strictObject({
  id, name: z.string(), host: z.string(), address: z.string(), roles: z.array(z.string()), catalogue: z.string(), ageMs: z.number(),
  fresh: z.boolean(), lost: z.boolean(), me: z.boolean(), running: z.int(), foldVersion: z.int(), targets: z.array(z.string()).describe('Matchers of the targets that it serves; none: all'),
})
const upgrade = z.strictObject({
  foldVersion: z.int().describe('Of the log: nothing that came later is written yet'), possible: z.int().describe('What the newest server that lives knows'),
  servers: z.array(z.strictObject({ id, name: z.string(), foldVersion: z.int() })),
})
const route = z.strictObject({
  route: z.int(), matchers: z.array(z.string()), runbook: z.string().optional(), ladder: z.array(z.string()), provider: z.string().optional(), target: z.string().optional(), mode: z.string(), params: z.record(z.string(), json),
  heartbeat: z.string().optional(), unmatched: z.enum(['tell', 'record']).optional(), owner: z.string().optional(), channel: z.string().optional(), approvers: z.array(z.string()).optional(), source: z.string(),
})
const policy = z.strictObject({ runbook: z.string(), type: z.string(), name: z.string(), settings: z.record(z.string(), json), source: z.string() })
const runbook = z.strictObject({
  name: z.string(), version: z.int(), digest, about: z.string(), target: z.string(), provider: z.string(), params: z.record(z.string(), json), secrets: z.array(z.string()).describe('Names of what its steps are handed'),
  steps: z.array(z.strictObject({ name: z.string(), effect: z.string(), timeout: z.string(), each: z.boolean() })), verify: z.boolean(), healedWithin: z.string(),
  modes: z.array(z.string()).describe('Of the routes that lead to it'), revoked: z.boolean(),
  trust: z.strictObject({ heals: z.int().describe('Since it last failed'), failures: z.int(), is: z.enum(['new', 'proposed', 'promoted', 'failed', 'rolled back']) }), policies: z.array(z.string()),
})
const edge = z.strictObject({
  edge: z.string(), mode: z.enum(edgeModes), degraded: z.boolean().describe('Switched, or something of it is left alone for now'), inFlight: z.int(), waiting: z.int(),
  calls: z.int(), failed: z.int().describe('Calls that failed, their retries too'), retried: z.int(), refused: z.int().describe('Calls that were not made or were given up here'),
  lastError: z.strictObject({ at: time, error: z.string() }).optional(),
  breakers: z.array(z.strictObject({ target: z.string(), state: z.enum(['closed', 'open', 'half-open']), failures: z.int().describe('In a row'), until: time.optional() })).describe('Of targets in trouble'),
  endpoints: z.array(z.strictObject({ endpoint: z.string(), benchedUntil: time.optional() })),
})
const left = z.strictObject({ version: z.string(), replicas: z.number().optional() })
const suspension = z.strictObject({
  id, provider: z.string(), target: z.string(), at: time, runbooks: z.array(z.string()), workflows: z.array(id).describe('That had changed it'), from: left.describe('As they left it'), to: left.describe('As it was found'),
})
const problems = z.array(z.strictObject({ index: z.int(), field: z.string(), problem: z.string() }))
const why1 = z.string().max(1000)

export const schemas = {
  Notification: z.looseObject({ alerts: z.array(z.looseObject({ status: z.enum(['firing', 'resolved']), labels, startsAt: z.string() })) }),
  Accepted: z.strictObject({ accepted: z.int(), alerts: z.array(z.strictObject({ fingerprint: z.string(), episode: id })), problems: problems.optional() }),
  NewStop: z.strictObject({ matchers: z.array(z.string()).optional(), kind: z.enum(['kill', 'pause']).optional(), for: z.string().optional().describe('Of a pause: it lifts itself after this long, such as 2h'), why: why1.optional() }),
  Drilled: drilled,
  PulledStop: z.strictObject({ id, durable: z.boolean(), note: z.string().optional() }),
  Lift: z.strictObject({ why: why1 }),
  NewWorkflow: z.strictObject({
    runbook: z.string().describe('NAME, for its newest version, or NAME@VERSION'), targets: z.array(z.string()).min(1),
    provider: z.string().optional().describe('Other hands than its script says'), params: z.record(z.string(), json).optional(),
    labels: labels.optional(), why: why1.optional(), dryRun: z.boolean().optional(),
    deadline: z.string().optional().describe('What all steps together may take from exec on, such as 10m: never more than the runbook gives'), who: z.string().optional().describe('Where no token says it'),
  }),
  PlanShown: z.strictObject({ plan: digest.optional().describe('The digest of the plan that was shown'), why: why1.optional(), who: z.string().optional() }),
  NewSwitch: z.strictObject({ edge: z.string().describe('slack, or one kind of its calls: kubernetes/read, kubernetes/change'), mode: z.enum([...edgeModes, 'configured']), why: why1, who: z.string().optional() }),
  SwitchList: list(z.strictObject({ edge: z.string(), mode: z.enum(edgeModes), at: time, who: z.string(), why: z.string() })),
  Cancel: z.strictObject({ why: why1.optional(), who: z.string().optional() }),
  Note: z.strictObject({ text: why1, who: z.string().optional() }),
  Digest: z.strictObject({ position: z.number(), digest }), Upgrade: upgrade,
  Reloaded: z.strictObject({ digest: digest.optional(), problems: z.array(z.string()) }),
  Stop: stop, StopList: list(stop), Suspension: suspension, SuspensionList: list(suspension),
  Workflow: workflow, WorkflowList: list(workflow), Why: why,
  Episode: episode, EpisodeList: list(episode),
  CatalogueList: list(z.strictObject({ digest, inForce: z.boolean(), routes: z.int(), runbooks: z.array(z.string()) })),
  RunbookList: list(runbook), RouteList: list(route), PolicyList: list(policy), RunnerList: list(runner), EdgeList: list(edge),
  Status: z.strictObject({ status: z.string() }),
  Health: z.strictObject({
    ready: z.boolean(), checks: z.record(z.string(), z.strictObject({ ok: z.boolean(), detail: z.string() })), kill: z.string(), lastDrill: time.nullable().describe('When a stop was last drilled'), drills: z.record(z.string(), drilled.omit({ drill: true }).extend({ at: time })).describe('How each drill went when it was last done'),
    process: id, position: z.int(), catalogue: z.string().nullable(), stops: z.int(),
  }),
  Problem: z.looseObject({ type: z.string(), title: z.string(), status: z.int(), code: z.string(), detail: z.string(), problems: problems.optional() }),
} as const

export type SchemaName = keyof typeof schemas
export type Form<K extends SchemaName> = z.output<(typeof schemas)[K]>

/** What the demo shows, one chapter after the other. A chapter throws when something in it does not happen in its time. */
import { setTimeout as sleep } from 'node:timers/promises'
import { loadKept } from '../../providers/local-state.ts'
import { readTargets } from '../../providers/local-targets.ts'
import { watchRule, type FiringAlert, type Watch } from './alerts.ts'
import type { Narrator } from './narrator.ts'
import { ask, findWorkflow, until, type Asking, type StopSeen, type WorkflowSeen } from './server.ts'
import type { Stage } from './stage.ts'
import { canCount, stragglers } from './stragglers.ts'

export interface Scene {
  readonly stage: Stage
  readonly narrator: Narrator
  readonly asking: Asking
  /** How long anything may take before it counts as not happened. */
  readonly patienceMs: number
}

/** The objective: 95 of 100 customers wait less. */
const objectiveMs = 300
export const quietPerSecond = 24
/** Two replicas serve 50 a second, three 75. */
const rushPerSecond = 60
/** What clean-up@1 sleeps in, and the one that left its session. */
const hangingProcesses = 2

export async function healing(scene: Scene): Promise<void> {
  const { stage, narrator, asking } = scene
  const wait = waiting(scene)
  stage.load.perSecond = rushPerSecond
  narrator.say(`A rush: ${rushPerSecond} customers a second instead of ${quietPerSecond}. Two replicas of web can serve 50.`)
  const labels = { alertname: 'HighRequestLatency', service: 'web', severity: 'critical' }
  const rule = watchRule({
    labels, annotations: { summary: 'Customers of web wait too long' }, isWrong: () => stage.load.latencyMs() > objectiveMs, forMs: 1000, keepFiringMs: 1000,
  }, stage.pager, (problem) => narrator.say(`the alert could not be sent: ${String(problem)}`))
  try {
    await wait('the alert fires', settled(rule.fired))
    const sender = stage.pager.kind === 'alertmanager' ? 'Alertmanager posts it' : 'posted as Alertmanager posts it'
    narrator.moment('The alert fires', `customers wait up to ${Math.round(stage.load.latencyMs())} ms, the objective is ${objectiveMs} ms; ${sender}`)
    const matched = await wait('the alert is matched', () => findWorkflow(asking, labels))
    narrator.moment('Matched', `${matched.runbook} answers it, as workflow ${short(matched.id)}`)
    const again = (what: string, is: (seen: WorkflowSeen) => boolean) => wait(what, async () => {
      const seen = await ask<WorkflowSeen>(asking, 'GET', `/v1/workflows/${matched.id}`)
      return is(seen) ? seen : isEnded(seen) ? fail(`${what}: it ended as ${seen.state}, ${seen.reason ?? ''} ${seen.detail}`) : undefined
    })
    const planned = await again('it is planned', ({ plan }) => plan !== undefined)
    narrator.moment('Planned', planned.plan!.changes.map(({ target, from, to }) => `${target} ${String(from)} → ${String(to)} replicas`).join(', '))
    const judged = await again('it is judged', ({ state }) => ['running', 'verifying', 'healed'].includes(state))
    narrator.moment('Judged', judged.verdicts.map(({ policy, verdict }) => `${policy} ${verdict === 'allow' ? '✓' : verdict}`).join(', '))
    const size = await wait('a replica is added', async () => {
      const now = await stage.shop.read('web', { signal: asking.signal, deadlineMs: 5000 })
      return now.ready > 2 && now
    })
    narrator.moment('A replica is added', `web has ${size.ready} ready replicas; customers still wait up to ${Math.round(stage.load.latencyMs())} ms`)
    await wait('the alert goes away', settled(rule.over))
    narrator.moment('The alert goes away', `customers wait up to ${Math.round(stage.load.latencyMs())} ms`)
    const healed = await again('it is healed', ({ state }) => state === 'healed')
    narrator.moment('Healed', `checked, and nobody was called. ${healed.detail}`.trim())
  } finally {
    rule.end()
    stage.load.perSecond = quietPerSecond
  }
}

export async function unknown(scene: Scene): Promise<void> {
  const { stage, narrator, asking } = scene
  const wait = waiting(scene)
  const alert: FiringAlert = {
    labels: { alertname: 'CertificateExpiresSoon', service: 'api', severity: 'warning' }, startsAt: new Date().toISOString(),
    annotations: { summary: 'The certificate of api ends in 6 days', runbook_url: 'https://wiki.shop.example/runbooks/certificates' },
  }
  await stage.pager.send(alert, 'firing', asking.signal)
  narrator.say('CertificateExpiresSoon fires, and no route knows it.')
  const message = await wait('people are told', () => stage.messages.find((text) => text.includes('CertificateExpiresSoon')))
  narrator.moment('People are told', 'this is the message in Slack')
  narrator.quote(message)
  await stage.pager.send(alert, 'resolved', asking.signal)
}

/** What the stop did, for the chapter that lifts it. */
export interface Stopped {
  readonly stop: StopSeen
  readonly killed: WorkflowSeen
  readonly held: WorkflowSeen
  readonly rule: Watch
}

export async function stopping(scene: Scene): Promise<Stopped> {
  const { narrator, asking } = scene
  const mark = crypto.randomUUID()
  const { running, processes } = await hanging(scene, mark)
  narrator.say('paramedic stop --why "the clean-up hangs"')
  const stop = await ask<StopSeen>(asking, 'POST', '/v1/stops?wait=10s', { why: 'the clean-up hangs' })
  const sum = (of: 'killed' | 'survivors'): number => stop.acknowledgements.reduce((all, one) => all + one[of], 0)
  const tookMs = Math.max(0, ...stop.acknowledgements.map((one) => one.tookMs))
  const count = stop.acknowledgements.length
  if (count === 0 || stop.missing.length > 0) return fail(`${stop.missing.length} runners did not answer the stop`)
  narrator.moment('Stopped, and proved', `${count} of ${count} runners, ${sum('killed')} workflow killed in ${Math.round(tookMs)} ms, ${sum('survivors')} survivors`)
  const killed = await waiting(scene)('the workflow is stopped', async () => {
    const seen = await ask<WorkflowSeen>(asking, 'GET', `/v1/workflows/${running.id}`)
    return seen.state === 'stopped' && seen
  })
  const left = stragglers(mark).length
  if (sum('survivors') > 0 || left > 0) return fail(`${Math.max(left, sum('survivors'))} processes survived the stop`)
  narrator.moment('Nothing survived', processes > 0 ? `of its ${processes} processes none is left, counted by the demo itself` : 'as the runner counted')
  return { stop, killed, ...(await holding(scene)) }
}

async function hanging(scene: Scene, mark: string): Promise<{ running: WorkflowSeen; processes: number }> {
  const { stage, narrator, asking } = scene
  const alert: FiringAlert = {
    labels: { alertname: 'DiskFilling', service: 'api', severity: 'critical', demo: mark },
    annotations: { summary: 'The disk of api is nearly full' }, startsAt: new Date().toISOString(),
  }
  await stage.pager.send(alert, 'firing', asking.signal)
  narrator.say('DiskFilling fires. Its runbook, clean-up@1, was written on a bad day: it hangs, and its children ignore TERM.')
  const running = await waiting(scene)('the runbook runs', async () => {
    const seen = await findWorkflow(asking, alert.labels)
    if (seen !== undefined && isEnded(seen)) return fail(`it ended as ${seen.state}, ${seen.reason ?? ''} ${seen.detail}`)
    return seen?.state === 'running' && (!canCount || stragglers(mark).length >= hangingProcesses) && seen
  })
  const processes = stragglers(mark).length
  narrator.moment('The runbook hangs', `workflow ${short(running.id)}${processes > 0 ? `, ${processes} processes, one of them in a session of its own` : ''}`)
  return { running, processes }
}

/** A real fault under the stop: a replica is frozen, its health check says so, and nothing may answer the alert yet. */
async function holding(scene: Scene): Promise<Pick<Stopped, 'held' | 'rule'>> {
  const { stage, narrator, asking } = scene
  const wait = waiting(scene)
  const [frozen] = loadKept(stage.shop.folder).services['api']!.members
  process.kill(frozen!.process!.pid, 'SIGSTOP')
  narrator.say(`Meanwhile ${frozen!.id}, the one replica of api, hangs.`)
  const labels = { alertname: 'ServiceHung', service: 'api', severity: 'critical' }
  const rule = watchRule({
    labels, annotations: { summary: 'No replica of api answers' }, isWrong: () => readTargets(stage.shop.folder, 'api').length === 0, forMs: 300, keepFiringMs: 300,
  }, stage.pager, (problem) => narrator.say(`the alert could not be sent: ${String(problem)}`))
  try {
    await wait('ServiceHung fires', settled(rule.fired))
    const held = await wait('the new alert is held', () => findWorkflow(asking, labels))
    await sleep(500, undefined, { signal: asking.signal })
    const still = await ask<WorkflowSeen>(asking, 'GET', `/v1/workflows/${held.id}`)
    if (!['planning', 'waiting'].includes(still.state)) return fail(`under a stop it is ${still.state}`)
    narrator.moment('While it is stopped nothing starts', `ServiceHung fires and is matched to ${held.runbook}, and waits as workflow ${short(held.id)}`)
    return { held, rule }
  } catch (error) {
    rule.end()
    throw error
  }
}

export async function going(scene: Scene, { stop, killed, held, rule }: Stopped): Promise<void> {
  const { stage, narrator, asking } = scene
  const wait = waiting(scene)
  try {
    narrator.say(`paramedic go ${short(stop.id)} --why "the script is being fixed"`)
    const before = stage.messages.length
    await ask(asking, 'POST', `/v1/stops/${stop.id}/lift`, { why: 'the script is being fixed' })
    const lifted = await wait('the stop is lifted', async () => {
      const seen = await ask<StopSeen>(asking, 'GET', `/v1/stops/${stop.id}`)
      return !seen.inForce && seen
    })
    narrator.moment('Go', `the stop is lifted, and what it held (${lifted.held.length}) is judged again`)
    await wait('the alert of what was held goes away', settled(rule.over))
    const healed = await wait('what was held is healed', async () => {
      const seen = await ask<WorkflowSeen>(asking, 'GET', `/v1/workflows/${held.id}`)
      return isEnded(seen) && seen
    })
    if (healed.state !== 'healed') return fail(`what was held ended as ${healed.state}, ${healed.reason ?? ''} ${healed.detail}`)
    narrator.moment('What was held', `it still made sense: ${healed.runbook} replaced the replica of api that hung, the alert went away, healed`)
    const told = await wait('people are told of what was killed', () => stage.messages.slice(before).findLast((text) => text.includes('clean-up@1') && /stopped/i.test(text)))
    const now = await ask<WorkflowSeen>(asking, 'GET', `/v1/workflows/${killed.id}`)
    if (now.state !== 'stopped') return fail(`what was killed is ${now.state}, and must not start again by itself`)
    narrator.moment('What was killed', 'its alert still fires, so a person is asked; it never starts again by itself')
    narrator.quote(told)
  } finally {
    rule.end()
  }
}

const waiting = ({ patienceMs, asking: { signal } }: Scene) =>
  <T>(what: string, check: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> => until(what, check, { withinMs: patienceMs, signal })

/** A promise as something that can be asked. */
function settled(promise: Promise<unknown>): () => true | undefined {
  let isSettled: true | undefined
  promise.then(() => (isSettled = true), () => {})
  return () => isSettled
}

const ended = ['healed', 'completed', 'rehearsed', 'unproven', 'failed', 'stopped', 'refused', 'expired', 'cancelled', 'obsolete']
const isEnded = ({ state }: WorkflowSeen): boolean => ended.includes(state)
const short = (id: string): string => id.slice(-6)

function fail(why: string): never {
  throw new Error(why)
}

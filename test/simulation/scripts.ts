/** The runbooks of the simulated world: what operators wrote, and what their scripts take and answer. */
import type { Catalogue, Effect, Mode, PolicyEntry, Route, RunbookManifest, StepManifest } from '../../src/core/catalogue.ts'
import type { Json } from '../../src/core/plan.ts'
import type { JobOrder } from '../../src/runner/protocol.ts'
import type { Dice } from './dice.ts'
import type { Intensity } from './intensity.ts'
import type { Execution } from './truth.ts'

export const services = ['web', 'api', 'db'] as const
export const windowMs = 20_000
export const healedWithinMs = 12_000

/** Of the services, as they are. */
export interface Sizes {
  of(service: string): number
  change(service: string, to: number): void
}

export type Script = (order: JobOrder, execution: Execution) => { readonly tookMs: number; readonly output: () => Json; readonly error?: string }

/** Most jobs are short, some take longer than a lease, a few hang until their timeout, a few fail. */
export const scriptBy = (dice: Dice, { slowness, failures }: Pick<Intensity, 'slowness' | 'failures'>, sizes: Sizes): Script => (order) => {
  if (order.phase === 'plan') return { tookMs: dice.between(2, 60), output: () => planOf(order, sizes) }
  if (order.phase === 'verify') return { tookMs: dice.between(2, 40), output: () => true }
  const tookMs = dice.chance(slowness) ? dice.between(4000, 25_000) : dice.between(20, 1500)
  const changes = runbooks.find(({ name }) => order.script.endsWith(`/${name}.js`))?.steps[order.step!]?.effect !== 'read'
  const output = (): Json => {
    if (changes) sizes.change(order.input.target, Number(order.input.plan?.changes.find(({ target }) => target === order.input.target)?.to))
    return 'done'
  }
  return { tookMs, output, ...(dice.chance(failures) ? { error: 'it failed' } : {}) }
}

const planOf = ({ script, input }: JobOrder, sizes: Sizes): Json => {
  const targets = script.includes('each') ? [input.target, ...services.filter((one) => one !== input.target)].slice(0, 2) : [input.target]
  const to = (size: number): number => (script.includes('grow') ? size + 1 : script.includes('shrink') ? Math.max(0, size - 1) : 3)
  return { changes: targets.map((target) => ({ target, from: sizes.of(target), to: to(sizes.of(target)) })) }
}

const step = (name: string, effect: Effect, each = false): StepManifest =>
  ({ name, effect, timeoutMs: 22_000, each, concurrency: each ? 2 : 1, onError: 'stop', memoryMb: 64 })

const runbook = (name: string, steps: readonly StepManifest[], more: { verify?: boolean; deadlineMs?: number } = {}): RunbookManifest => ({
  name, version: 1, digest: digestOf(name), about: '', target: 'service', provider: 'local', params: {}, steps, verify: more.verify ?? false,
  planTimeoutMs: 30_000, healedWithinMs, ...(more.deadlineMs === undefined ? {} : { deadlineMs: more.deadlineMs }),
})

export const digestOf = (name: string): string => Buffer.from(name.padEnd(32, '.')).toString('hex')
export const nameOfDigest = (digest: string): string => Buffer.from(digest, 'hex').toString().replace(/\.+$/, '')

const runbooks = [
  runbook('fix', [step('change', 'repeatable'), step('look', 'read')], { verify: true }),
  runbook('fire', [step('look', 'read'), step('fire', 'once'), step('look again', 'read')], { deadlineMs: 15_000 }),
  runbook('once', [step('fire', 'once')]),
  runbook('each', [step('change each', 'repeatable', true), step('look', 'read')]),
  runbook('paced', [step('change', 'repeatable'), step('change more', 'repeatable')]),
  runbook('asked', [step('change', 'repeatable')]),
  runbook('grow', [step('change', 'repeatable')]),
  runbook('shrink', [step('change', 'repeatable')]),
]

const route = (alertname: string, name: string, mode: Mode, next?: string): Route => ({
  matchers: [`alertname="${alertname}"`], runbook: { name, version: 1 }, mode, params: {}, source: `routes.yaml:${name}`,
  // One runbook has to earn it, again and again.
  ...(name === 'fix' ? { promote: { heals: 1, inMs: 100 * windowMs } } : { trust: 'granted' }),
  ...(next === undefined ? {} : { ladder: [{ runbook: { name: next, version: 1 }, params: {} }] }),
})

const routes: readonly Route[] = [
  route('Slow', 'fix', 'auto'), route('Stuck', 'fire', 'auto', 'fix'), route('Dead', 'once', 'auto'), route('Wide', 'each', 'auto'),
  route('Flood', 'paced', 'auto', 'fix'), route('Costly', 'asked', 'approve'), route('Busy', 'grow', 'auto'), route('Idle', 'shrink', 'auto'), route('Practice', 'fix', 'dry-run'),
  { matchers: ['alertname="Watchdog"'], mode: 'off', params: {}, heartbeatMs: 15_000, source: 'routes.yaml:watchdog' },
]
export const alertnames = ['Slow', 'Slow', 'Stuck', 'Dead', 'Dead', 'Wide', 'Flood', 'Flood', 'Flood', 'Flood', 'Costly', 'Practice', 'Unknown']
/** Of sizes that must go up or down. */
export const sizeAlerts = ['Busy', 'Idle']

const policy = (type: string, settings: Record<string, unknown>): PolicyEntry => ({ type, name: type, settings, source: `policies.yaml:${type}` })
const allow = policy('targets', { names: services })
const opposite = policy('opposite', { for: `${windowMs / 1000}s` })

/** Another one each time: what limits say, and with it the digest, differs. */
export const catalogueNo = (n: number): Catalogue => ({
  digest: `${n}`.padStart(64, '0'), routes, runbooks: Object.fromEntries(runbooks.map((one) => [`${one.name}@1`, one])),
  policies: {
    fix: [allow, policy('cooldown', { for: `${windowMs / 1000}s` }), policy('error-budget', { max: 2, in: `${windowMs / 1000}s` })],
    fire: [allow, policy('attempts', { max: 1 + (n % 2), in: `${windowMs / 1000}s` })],
    once: [allow, policy('concurrency', { max: 1 + (n % 2), by: 'all' })],
    each: [allow, policy('rate', { max: 2, per: `${windowMs / 1000}s`, by: 'target' }), policy('caps', { max: 2, per: `${windowMs / 1000}s` }), policy('pause-after', { count: 1, for: '2s' })],
    paced: [allow, policy('rate', { max: 1 + (n % 2), per: `${windowMs / 1000}s`, by: 'all' })],
    grow: [allow, opposite, policy('ramp', { max: 2, in: `${windowMs / 1000}s` })],
    shrink: [allow, opposite, policy('slow-down', { max: 1, per: `${windowMs / 1000}s` })],
    asked: [allow, policy('breaker', { max: 1, in: `${windowMs / 1000}s` })],
  },
})

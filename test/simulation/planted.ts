/** Every rule of the protocol that has a figure, and how it is taken away. The simulation must see each within so many seeds. */
import type { Intensity } from './intensity.ts'
import type { Plant } from './plant.ts'

export interface Row {
  readonly rule: string
  readonly without: string
  readonly plants: readonly Plant[]
  readonly emphasis?: Partial<Intensity>
  readonly seeds: number
  /** What the promise that sees it says. */
  readonly seen: RegExp
}

const main = 'src/main.ts'
const spawner = 'test/simulation/spawner.ts'
const claims = 'src/core/fold/claims.ts'

/** Of each policy that counts, the line that says how many. */
const counting: readonly { readonly type: string; readonly from: string; readonly to: string; readonly emphasis?: Row['emphasis'] }[] = [
  { type: 'rate', from: 'name, max, window', to: 'name, max: max + 1, window' },
  { type: 'concurrency', from: 'name, max, groups', to: 'name, max: max + 1, groups' },
  { type: 'cooldown', from: 'max: 1,', to: 'max: 2,' },
  { type: 'attempts', from: 'max: settings.max', to: 'max: settings.max + 1' },
  { type: 'caps', from: "type: 'caps', name, max, groups", to: "type: 'caps', name, max: max + 2, groups" },
  { type: 'breaker', from: '{ key, max, window', to: '{ key, max: max + 1, window' },
  { type: 'pause-after', from: 'max: settings.count', to: 'max: settings.count + 1' },
  { type: 'error-budget', from: "name, max, window: { ms: durationMs(window), from: 'end' }", to: "name, max: max + 1, window: { ms: durationMs(window), from: 'end' }" },
  { type: 'ramp', from: 'max: limit, window', to: 'max: limit + 1, window', emphasis: { sizes: 12 } },
  { type: 'opposite', from: 'max: 0, window, amount', to: 'max: 1, window, amount', emphasis: { sizes: 12 } },
  { type: 'slow-down', from: 'name, max: settings.max', to: 'name, max: settings.max + 1', emphasis: { sizes: 12 } },
]

export const rows: readonly Row[] = [
  {
    rule: '1', without: 'a restart goes on under its old name', seeds: 60, emphasis: { crashes: 3 }, seen: /is not known/,
    plants: [{ file: main, from: 'const identity = { id: newId() }', to: 'const identity = { id: options.name }' }],
  },
  {
    rule: '1', without: 'a process whose lease ran out goes on under its identity', seeds: 60, emphasis: { pauses: 3, embedded: false }, seen: /is not known/,
    plants: [{ file: main, from: '    identity.id = newId()\n', to: '' }, { file: main, from: "append([{ kind: 'runner lost', runner: old, name: options.name, why }, joined(options)]).catch(options.onProblem)", to: 'former.delete(old)' }],
  },
  {
    rule: '1', without: 'an identity outlives a lease under which nothing ran', seeds: 40, emphasis: { watcher: true, controlCuts: 3, embedded: false }, seen: /goes on under an identity/,
    plants: [
      { file: main, from: 'if (sentAt - lease.sentAt > options.killAfterMs &&', to: 'if (sentAt < 0 &&' },
      { file: main, from: "if (recorded.entry.kind === 'runner lost' && state", to: "if (recorded.position < 0 && state" },
    ],
  },
  {
    rule: '2', without: 'the age of a lease counts from when its tick was read', seeds: 3, seen: /counts its lease/,
    plants: [{ file: 'src/follow/control.ts', from: 'options.onLease(record.sentAt)', to: 'options.onLease(now)' }],
  },
  {
    rule: '3', without: 'two watchdogs in a row: the spawner counts from when it heard a word', seeds: 150, emphasis: { pauses: 3, cuts: 3, stops: 3, slowness: 0.8, embedded: false }, seen: /outlived a stop|two runners|two workflows|once/,
    plants: [{ file: spawner, from: 'if (deadline !== undefined && deadline > (this.#heard ?? 0)) this.#watch(deadline)', to: 'if (deadline !== undefined) this.#watch(this.#needs.host.steady() + this.#options.killAfterMs + 8000)' }],
  },
  {
    rule: '3', without: 'no `notAfter`: frozen between latch and spawn', seeds: 150, emphasis: { freezes: 4, stops: 2, embedded: false }, seen: /two runners|two workflows|behind a latched stop|after its claim/,
    plants: [
      { file: spawner, from: 'const late = this.#heard === undefined || this.#over !== undefined || now > this.#heard || now > job.order.notAfterBoottimeMs', to: 'const late = now < 0' },
      { file: spawner, from: 'if (!this.#running.has(order.id) || this.#over !== undefined) return', to: '' },
    ],
  },
  {
    rule: '3', without: 'jobs outlive their spawner', seeds: 100, emphasis: { crashes: 3, slowness: 0.8 }, seen: /two runners|two workflows|once|outlived/,
    plants: [{ file: spawner, from: 'needs.host.onDeath(() => needs.ground.after(needs.dice.between(0, 20), () => this.finish(\'the server is gone\')))', to: '' }, { file: spawner, from: "return this.finish('no tick of the server came in time: its lease is over')", to: "return this.#needs.host.dead ? undefined : this.finish('over')" }],
  },
  {
    rule: '4', without: 'lost is judged by the time of the log', seeds: 150, emphasis: { clockJumps: 3, controlCuts: 2, cuts: 0, embedded: false, unreliable: 0, servers: 4 }, seen: /was well and was declared lost/,
    plants: [{ file: 'src/follow/lost.ts', from: 'if (options.ownSentAt() - seen < options.lostAfterMs) continue', to: 'if (now - seen < options.lostAfterMs) continue' }],
  },
  {
    rule: '4', without: 'lost is counted from one\'s own start', seeds: 60, emphasis: { crashes: 3, unreliable: 0, embedded: false }, seen: /was well and was declared lost/,
    plants: [{ file: 'src/follow/lost.ts', from: 'const seen = Math.max(firstSeen.get(id)!, peers.get(id)?.seenAt ?? -Infinity)', to: 'const seen = firstSeen.get(id)!' }],
  },
  {
    rule: '5', without: 'the word of a lost process counts', seeds: 60, emphasis: { lateClaims: 8, alerts: 40, delayMs: 1500, readMs: 4000, embedded: false, watcher: false, stops: 0 }, seen: /the word of a lost identity counts/,
    plants: [{ file: 'src/core/evolve.ts', from: 'if (state.processes.get(read.entry.by)!.lost && !outlives.has(read.entry.kind)) return state', to: '' }],
  },
  {
    rule: '8', without: 'what is due goes by the wall clock', seeds: 100, emphasis: { skewMs: 60_000, embedded: false }, seen: /rounds/,
    plants: [{ file: 'src/follow/follower.ts', from: 'now: time.now', to: 'now: (): number => options.clock.now()' }],
  },
  {
    rule: '9', without: 'the fold looks at what is not on the log', seeds: 20, seen: /folding twice|another state/,
    plants: [{ file: claims, from: 'const asked = jobTakes(workflow, entry.step)', to: 'if (Math.random() < 0.3) return voided(state)\n  const asked = jobTakes(workflow, entry.step)' }],
  },
  ...counting.map(({ type, from, to, emphasis = { alerts: 30 } }): Row => ({
    rule: '13', without: `\`${type}\` lets one more through`, seeds: 40, emphasis, seen: new RegExp(`${type} has \\d+ of \\d+`), plants: [{ file: `src/core/policies/${type}.ts`, from, to }],
  })),
  {
    rule: '14', without: 'takes are counted at the decision, not at the claim', seeds: 60, emphasis: { alerts: 20 }, seen: /has \d+ of \d+/,
    plants: [{ file: claims, from: 'if (!asked.every((take) => room(state, take, why.at, holder).fits)) return voided(state)', to: '' }, { file: claims, from: '.find((one) => !one.room.fits)', to: '.find(() => false)' }],
  },
  {
    rule: '14', without: 'a stop between the judgement and the claim does not void it', seeds: 60, emphasis: { stops: 6, delayMs: 1500, alerts: 20 }, seen: /granted behind a stop/,
    plants: [{ file: claims, from: 'if (covering(state, workflow).length > 0) {\n    wait(', to: 'if (false) {\n    wait(' }, { file: claims, from: 'stoppedSince(state, workflow, decision) || ', to: '' }],
  },
  {
    rule: '14', without: 'takes are asked for again at every claim', seeds: 60, emphasis: { alerts: 16 }, seen: /rounds/,
    plants: [{ file: claims, from: 'if (leftMs(workflow, why.at) <= 0 || (first ? !mayStart(state, workflow, why) : !mayGoOn(state, workflow, why))) return voided(state)', to: 'if (leftMs(workflow, why.at) <= 0 || (first ? !mayStart(state, workflow, why) : !mayGoOn(state, workflow, why))) return voided(state)\n  if (!first && workflow.decision!.takes.some((take) => !room(state, take, why.at, workflow.id).fits)) return voided(state)' }],
  },
  {
    rule: '14', without: 'a first step that is offered again does not count again', seeds: 200, emphasis: { crashes: 3, pauses: 2, freezes: 3, alerts: 20 }, seen: /two workflows are at one target|has \d+ of \d+/,
    plants: [{ file: claims, from: 'if (first) for (const take of workflow.decision!.takes)', to: 'if (first && job.attempts === 0) for (const take of workflow.decision!.takes)' }],
  },
  {
    rule: '14', without: 'a version that failed goes on as promoted', seeds: 150, emphasis: { alerts: 16, failures: 0.2, slowness: 0.05, hands: 0, stops: 0, crashes: 0, delayMs: 5 }, seen: /that nobody approved/,
    plants: [{ file: 'src/core/fold/trust.ts', from: "trust.promoted ? 'promoted' as const : undefined", to: 'undefined' }],
  },
  {
    rule: '14', without: 'a rung of a ladder is taken twice', seeds: 100, emphasis: { alerts: 16, delayMs: 1500, slowness: 0.05, embedded: false }, seen: /two workflows answer one episode/,
    plants: [{ file: 'src/core/fold/ladder.ts', from: 'ladder.length > 0 && next === undefined && ', to: 'ladder.length > 0 && ' }],
  },
  {
    rule: '14', without: 'what was judged before a person\'s hand was seen starts after it', seeds: 200, emphasis: { hands: 12, alerts: 25, delayMs: 1500, embedded: false }, seen: /which a person had changed by hand/,
    plants: [{ file: claims, from: 'suspending(state, workflow).length > 0 || ', to: '' }],
  },
  {
    rule: '14', without: 'a suspended runbook is not refused', seeds: 60, emphasis: { hands: 6, alerts: 25 }, seen: /which a person had changed by hand/,
    plants: [{ file: claims, from: 'suspending(state, workflow).length > 0 || ', to: '' }, { file: 'src/core/decide.ts', from: 'stopped, suspended, revoked', to: 'stopped, revoked' }],
  },
  {
    rule: '14', without: 'nobody looks at what workflows changed', seeds: 60, emphasis: { hands: 6 }, seen: /nobody saw it/,
    plants: [{ file: 'src/runner/runner.ts', from: ', createVerifier(deps), watch.act', to: ', createVerifier(deps)' }],
  },
  {
    rule: '14', without: 'a workflow goes on when its time is over', seeds: 200, emphasis: { slowness: 0.8, alerts: 25, stops: 0, timedStops: 0 }, seen: /granted when the time was over/,
    plants: [{ file: claims, from: 'if (leftMs(workflow, why.at) <= 0 || (first', to: 'if ((first' }, { file: 'src/core/due.ts', from: '    if (leftMs(workflow, seat.now) <= 0) continue\n', to: '' }],
  },
  {
    rule: '16', without: 'a claim is good for ever', seeds: 60, emphasis: { alerts: 20, delayMs: 5, readMs: 16_000, embedded: false }, seen: /after its claim/,
    plants: [{ file: 'src/runner/stepper.ts', from: ' && deps.boottime() - sentAt < claimGoodMs', to: '' }],
  },
  {
    rule: '18', without: 'a route that asks is as one that does not', seeds: 10, seen: /that nobody approved/,
    plants: [{ file: 'src/core/decide.ts', from: "if (most === 'approve') return", to: 'if (false) return' }],
  },
  {
    rule: '20', without: 'a stop is not kept in a file', seeds: 60, emphasis: { stops: 6 }, seen: /201 is forgotten/,
    plants: [{ file: 'src/follow/stopping.ts', from: '    writeStops(options.file, stops)\n', to: '' }],
  },
  {
    rule: '20', without: 'who is latched does not put the stop on the log', seeds: 60, emphasis: { stops: 3, unreliable: 0, stalls: 0, delayMs: 30, controlDelayMs: 30, readMs: 30, crashes: 0, pauses: 0, cuts: 0, controlCuts: 0, embedded: false }, seen: /never on the log|201 is forgotten/,
    plants: [{ file: 'src/follow/stopping.ts', from: "for (const stop of busy.idle(options.unrecorded(), ({ id }) => id)) busy.append([stop.id], [{ kind: 'stop pulled', stop }])", to: '' }],
  },
  {
    rule: '20', without: 'who is latched does not put the stop on the control stream', seeds: 60, emphasis: { stops: 3, unreliable: 0, stalls: 0, delayMs: 30, controlDelayMs: 30, readMs: 30, crashes: 0, pauses: 0, cuts: 0, controlCuts: 0, embedded: false }, seen: /never on control|outlived/,
    plants: [{ file: 'src/follow/stopping.ts', from: 'for (const stop of busy.idle(options.unheard(), onControl)) busy.during([onControl(stop)], () => send(stop))', to: '' }],
  },
  {
    rule: '21', without: 'a kill lifts itself as a pause does', seeds: 20, emphasis: { timedStops: 3 }, seen: /lifted itself that must not: kill/,
    plants: [{ file: 'src/core/lifting.ts', from: "(effect === 'pause' && forMs !== undefined ? at + forMs : undefined)", to: '(forMs === undefined ? undefined : at + forMs)' }],
  },
  {
    rule: '21', without: 'a killed workflow ends at once', seeds: 150, emphasis: { stops: 6, alerts: 20, slowness: 0.8, pauses: 3, cuts: 3, embedded: false }, seen: /two workflows|two runners|outlived/,
    plants: [{ file: 'src/core/fold/stops.ts', from: "move(state, workflow, isClaimed(workflow) ? 'stopping' : 'stopped', because)", to: "move(state, workflow, 'stopped', because)" }],
  },
  {
    rule: '21', without: 'a claim is let go at the latch, before the log has the stop', seeds: 150, emphasis: { stops: 6, alerts: 25, slowness: 0.8, delayMs: 200, crashes: 0, pauses: 0, embedded: false }, seen: /was killed by a stop and is/,
    plants: [{ file: 'src/runner/stepper.ts', from: 'await deps.when(() => !deps.latch.coversUnknown(workflow))', to: '' }],
  },
]

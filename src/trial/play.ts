/**
 * Plays a trial: the plan, then every step, then the probe, each handed an invented world. Nothing of the outside is
 * touched: a command becomes a line of the trial, and so does a request.
 */
import { spawn } from 'node:child_process'
import { isDeepStrictEqual } from 'node:util'
import { $ } from 'zx/core'
import { readingHandles } from '../core/handle-names.ts'
import { namedBy } from '../core/labels.ts'
import type { Json } from '../core/plan.ts'
import type { PlanResult, Runbook, Trial, TrialCall } from '../runbook.ts'
import { contextFor } from '../runner/handles.ts'
import { program } from '../runner/program.ts'
import type { JobOrder } from '../runner/protocol.ts'
import { World } from './world.ts'

export interface Played {
  readonly target: string
  /** What each part asked for, in its order; reads too. */
  readonly asked: readonly { readonly part: string; readonly call: string }[]
  readonly printed: readonly string[]
  /** Empty where all went as the trial says. */
  readonly problems: readonly string[]
}

/** So often a step may look before it is said to wait for ever. */
const mostLooks = 100

/** What each part is told that it has left. The process that plays it has less. */
const patienceMs = 300_000

/** `without`: a step that is left out, to see that the trial misses it. */
export async function play(runbook: Runbook, trial: Trial, { without, ...script }: Pick<JobOrder, 'script' | 'files'> & { without?: number | undefined }): Promise<Played> {
  const { labels } = trial.alert
  const target = namedBy(new Map(Object.entries(labels)), trial.target ?? runbook.target)
  const stage = new Stage(trial, target, runbook)
  if (target === '') return { ...stage, target, problems: [`the alert has no label ${trial.target ?? runbook.target}, which names the target`] }
  try {
    const planned = (await stage.run('plan', 'plan', runbook.plan)) as unknown as PlanResult
    const changes = planned.changes.map(({ target, from, to }) => ({ target, from, to }))
    if (!isDeepStrictEqual(changes, JSON.parse(JSON.stringify(trial.plan)))) stage.problems.push(`planned ${JSON.stringify(changes)} instead of ${JSON.stringify(trial.plan)}`)
    stage.take(planned)
    for (const [index, step] of runbook.steps.entries()) if (index !== without) await stage.step(step, typeof step.run === 'function' ? step.run : program(step.run, script))
    if (runbook.verify && (await stage.run('verify', 'verify', runbook.verify)) !== true) stage.problems.push('the probe (verify) says that it is not well')
  } catch (error) {
    stage.problems.push(error instanceof Error ? error.message : String(error))
  }
  return { target, asked: stage.asked, printed: stage.printed, problems: [...stage.problems, ...stage.missing(), ...stage.world.differs(trial.after ?? {})] }
}

class Stage {
  readonly world: World
  readonly asked: { part: string; call: string }[] = []
  readonly printed: string[] = []
  readonly problems: string[] = []
  readonly #expected: TrialCall[]
  readonly #secrets: Record<string, string>
  #input: JobOrder['input']

  constructor(trial: Trial, target: string, runbook: Runbook) {
    this.world = new World(trial)
    this.#secrets = Object.fromEntries((runbook.secrets ?? []).map((name) => [name, `the ${name} of the trial`]))
    this.#expected = trial.calls.map((one) => (typeof one === 'string' ? { call: one } : one))
    const defaults = Object.fromEntries(Object.entries(runbook.params ?? {}).flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]])))
    const { labels, annotations = {} } = trial.alert
    this.#input = { target, targets: [target], params: { ...defaults, ...trial.params }, labels, alert: { labels, annotations, startsAt: '2026-01-01T00:00:00Z', fingerprint: '0000000000000000' }, outputs: {} }
  }

  take({ changes, notes = null }: PlanResult): void {
    const targets = [...new Set(changes.map(({ target }) => target))]
    this.#input = { ...this.#input, target: targets[0] ?? this.#input.target, targets, plan: { digest: 'the plan of the trial', changes: changes.map((one) => ({ id: one.target, ...one })), notes } }
  }

  async step({ name, each = false }: Runbook['steps'][number], run: (context: never) => unknown): Promise<void> {
    const outputs: Record<string, Json> = {}
    const { target: first, targets } = this.#input
    for (const target of each ? targets : [first]) {
      this.#input = { ...this.#input, target }
      outputs[target] = await this.run(name, 'step', run)
    }
    this.#input = { ...this.#input, target: first, outputs: { ...this.#input.outputs, [name]: each ? outputs : outputs[first]! } }
  }

  /** What it returns goes the way of JSON, as on the log. */
  async run(part: string, phase: JobOrder['phase'], work: (context: never) => unknown): Promise<Json> {
    let looks = 0
    const order = { phase, workflow: '00000000-0000-7000-8000-000000000000', input: structuredClone(this.#input), env: this.#secrets, timeoutMs: patienceMs } as unknown as JobOrder
    const context = contextFor(order, {
      ask: async (name, args) => {
        const call = [name, ...args.filter((arg) => typeof arg !== 'object')].join(' ')
        if (readingHandles.has(name)) this.asked.push({ part, call })
        else this.#expect(part, call)
        return this.world.call(name, args)
      },
      print: (text) => void this.printed.push(String(text)), signal: new AbortController().signal, isOver: () => false, pace: 0,
      forbid: (handle) => new Error(`${part} may only read, and asked for ${handle}`), waitsFor: () => {
        if (++looks > mostLooks) throw new Error(`${part}: looked ${mostLooks} times, and it did not come true`)
      },
      spawn: ((command: string) => this.#command(part, command)) as typeof spawn,
    })
    globalThis.fetch = async (input, init) => {
      const { gives = '', fails = 200 } = this.#expect(part, `${init?.method ?? 'GET'} ${input instanceof Request ? input.url : String(input)}`)
      return new Response(gives, { status: fails })
    }
    return JSON.parse(JSON.stringify((await work(context as never)) ?? null)) as Json
  }

  missing(): string[] {
    return this.#expected.map(({ call }) => `missing: ${call}`)
  }

  /** The next one that is expected; another one is a problem, and comes to nothing. */
  #expect(part: string, call: string): TrialCall {
    this.asked.push({ part, call })
    const [next] = this.#expected
    if (next && fits(next.call, call)) return this.#expected.shift()!
    throw new Error(`unexpected in ${part}: ${call}${next ? `, where ${next.call} comes next` : ''}`)
  }

  /** A process of ours in the place of the command, so that the shell's own promises hold. */
  #command(part: string, command: string): ReturnType<typeof spawn> {
    const { prefix = '' } = $
    const text = command.startsWith(prefix) ? command.slice(prefix.length) : command
    let [gives, code, said] = ['', 0, '']
    try {
      const { gives: prints = '', fails = 0 } = this.#expect(part, `$ ${text.trim().replace(/;$/, '')}`)
      ;[gives, code] = [prints, fails]
    } catch (error) {
      ;[said, code] = [(error as Error).message, 127]
      this.problems.push(said)
    }
    return spawn('/bin/sh', ['-c', 'printf %s "$1"; printf %s "$2" >&2; exit "$3"', 'sh', gives, said, String(code)], { stdio: ['ignore', 'pipe', 'pipe'] })
  }
}

const fits = (pattern: string, call: string): boolean => {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return pattern === call
  const last = rest.at(-1)!
  let at = first.length
  if (!call.startsWith(first) || !call.endsWith(last)) return false
  for (const piece of rest.slice(0, -1)) {
    const found = call.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return at <= call.length - last.length
}

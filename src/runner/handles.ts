/** What a script is handed: data, and handles that end with its job. Nothing else of the server reaches it. */
import type { Json } from '../core/plan.ts'
import { isSecretName } from '../core/secret-name.ts'
import { traceparentOf } from '../core/trace-id.ts'
import type { Nodes, PlanContext, Scale, StepContext } from '../runbook.ts'
import type { JobOrder } from './protocol.ts'
import { boundShell, type ShellBinding } from './shell.ts'

export interface Desk {
  /** Asks the server, which has the hands and the credentials. */
  ask(name: string, args: readonly Json[]): Promise<Json>
  print(text: string | Buffer): void
  /** Aborted when the time is up. */
  readonly signal: AbortSignal
  isOver(): boolean
  /** A phase that may only read asked for more: noted, whatever the script makes of the error. */
  forbid(handle: string): Error
  /** What it waits for, for the one who reads why its time ran out. */
  waitsFor(what: string): void
  /** Instead of the pause that a script asks for between two looks. */
  readonly pace?: number
  /** Instead of a process of the machine, for each command. */
  readonly spawn?: ShellBinding['spawn']
}

export function contextFor(order: JobOrder, desk: Desk): StepContext & PlanContext {
  const { input, phase } = order
  const check = (): void => {
    if (desk.isOver()) throw new Error('this job is over: its handles end with it (is an await missing?)')
  }
  const acts = phase === 'step'
  const until = performance.now() + order.timeoutMs
  const context = {
    target: input.target,
    targets: input.targets,
    params: plain(input.params),
    labels: plain(input.labels),
    alert: input.alert && { ...input.alert, labels: plain(input.alert.labels), annotations: plain(input.alert.annotations) },
    plan: input.plan,
    outputs: plain(input.outputs ?? {}),
    secrets: plain(acts ? { ...order.env } : {}),
    scale: scaleFor(desk, check, acts),
    nodes: nodesFor(desk, check, acts),
    signal: desk.signal,
    leftMs: () => Math.max(0, Math.floor(until - performance.now())),
    log: (text: string): void => desk.print(`${String(text)}\n`),
    poll: async (ask: () => Promise<boolean> | boolean, options?: { everyMs?: number }) => {
      check()
      await poll(ask, options?.everyMs ?? 500, desk)
    },
  }
  Object.defineProperty(context, '$', {
    enumerable: acts,
    get: () => {
      if (!acts) throw desk.forbid('$')
      return (shell ??= boundShell({ env: shellEnv(order, until - performance.now()), cwd: process.cwd(), print: desk.print, check, spawn: desk.spawn }))
    },
  })
  let shell: StepContext['$'] | undefined
  return context as unknown as StepContext & PlanContext
}

/** A label may have any name: `constructor` and `__proto__` mean nothing here. */
function plain<T extends object>(record: T): T {
  for (const value of Object.values(record)) if (typeof value === 'object' && value !== null && !Array.isArray(value)) plain(value)
  return Object.freeze(Object.setPrototypeOf(record, null) as T)
}

function scaleFor(desk: Desk, check: () => void, acts: boolean): Scale {
  const ask = (name: string, ...args: readonly (Json | undefined)[]): Promise<any> => {
    check()
    return desk.ask(`scale.${name}`, args.filter((arg) => arg !== undefined))
  }
  const change = async (name: string, ...args: readonly (Json | undefined)[]): Promise<any> => {
    if (!acts) throw desk.forbid(`scale.${name}`)
    return ask(name, ...args)
  }
  return Object.freeze({
    read: async (target: string) => ask('read', target),
    list: async () => ask('list'),
    history: async (target: string) => ask('history', target),
    set: (target: string, replicas: number, options?: { version?: string; toward?: 'up' | 'down' }) => change('set', target, replicas, options as Json),
    restart: (target: string, member: string) => change('restart', target, member),
    remove: (target: string, member: string) => change('remove', target, member),
    markUnhealthy: (target: string, member: string) => change('markUnhealthy', target, member),
    restartAll: (target: string, stamp: string) => change('restartAll', target, stamp),
    rollBack: (target: string, revision: string, options?: { version?: string }) => change('rollBack', target, revision, options as Json),
  })
}

function nodesFor(desk: Desk, check: () => void, acts: boolean): Nodes {
  const ask = async (name: string, ...args: readonly Json[]): Promise<any> => {
    check()
    if (!acts && name !== 'read' && name !== 'list') throw desk.forbid(`nodes.${name}`)
    return desk.ask(`nodes.${name}`, args)
  }
  return Object.freeze({
    list: () => ask('list'), read: (node: string) => ask('read', node), cordon: (node: string) => ask('cordon', node),
    uncordon: (node: string) => ask('uncordon', node), drain: (node: string) => ask('drain', node),
    rebalance: (stamp: string) => ask('rebalance', stamp),
  })
}

async function poll(ask: () => Promise<boolean> | boolean, everyMs: number, desk: Desk): Promise<void> {
  for (let asked = 1; ; asked++) {
    desk.waitsFor(`poll asked ${asked} times, and it was not yet true`)
    if ((await ask()) === true) return desk.waitsFor('')
    await new Promise<void>((go, stop) => {
      const ended = (): void => {
        clearTimeout(timer)
        stop(desk.signal.reason as Error)
      }
      const timer = setTimeout(() => {
        desk.signal.removeEventListener('abort', ended)
        go()
      }, desk.pace ?? Math.max(10, everyMs))
      if (desk.signal.aborted) ended()
      else desk.signal.addEventListener('abort', ended, { once: true })
    })
  }
}

const bound = 64 * 1024

/**
 * The environment of a step's shell: nothing of the server's, and of the alert only labels, below a fixed prefix, since
 * a name that the sender chose could be BASH_ENV. Then the target, what the route gives, and last what was declared for the script.
 */
function shellEnv(order: Pick<JobOrder, 'env' | 'input' | 'workflow'>, leftMs: number, own: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const env: Record<string, string> = {}
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SHLVL', 'PARAMEDIC_JOBS']) if (own[name] !== undefined) env[name] = own[name]
  // What the shell calls may hang itself into the workflow's trace.
  env['TRACEPARENT'] = traceparentOf(order.workflow)
  // And draw from its budget: `curl --max-time $((PARAMEDIC_DEADLINE - $(date +%s)))`.
  env['PARAMEDIC_DEADLINE'] = String(Math.floor((Date.now() + leftMs) / 1000))
  let room = bound
  for (const name of Object.keys(order.input.labels).sort()) {
    const value = order.input.labels[name] ?? ''
    const key = `ALERT_LABEL_${name.toUpperCase().replace(/[^A-Z0-9_]/g, '_')}`
    if (value.includes('\0') || Object.hasOwn(env, key) || value.length + key.length > room) continue
    env[key] = value
    room -= value.length + key.length
  }
  const told = [['TARGET', order.input.target], ...Object.entries(order.input.params).map(([name, value]) => [`PARAM_${name.toUpperCase().replaceAll('-', '_')}`, String(value)])] as [string, string][]
  for (const [name, value] of told) if (!value.includes('\0') && value.length <= bound) env[name] = value
  for (const [name, value] of Object.entries(order.env ?? {})) {
    if (!isSecretName(name)) throw new Error(`the environment may not have ${name}: it steers the shell itself`)
    env[name] = value
  }
  return env
}

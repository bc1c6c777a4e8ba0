/**
 * The hands: what reads and changes the size of a service or a node group. One narrow port, and promises that
 * `test/contract/provider.ts` holds every provider to:
 *
 * - sizes are absolute, and saying one twice does nothing the second time, whatever version is given with it;
 * - said to go up a size never lowers, said to go down it never raises, whatever happened since it was planned;
 * - a size outside the target's bounds is refused, and so is one said of a version that is no longer true;
 * - a member that is gone is not restarted again, and ids of members are never used a second time;
 * - a call ends by its deadline or its signal, whichever comes first, and then nobody knows whether it took effect.
 */
import type { Node, Revision, Size } from '../runbook.ts'

export type { Node, Revision, Size }

/** Every call carries both; without them it does not compile. `deadlineMs` counts from the call. */
export interface Call {
  readonly signal: AbortSignal
  readonly deadlineMs: number
}

/** What must be true for a size to be set. */
export interface Condition {
  readonly version?: string
  readonly toward?: 'up' | 'down'
}

export interface Provider {
  readonly name: string
  read(target: string, call: Call): Promise<Size>
  list(call: Call): Promise<readonly { readonly name: string; readonly id: string }[]>
  set(target: string, replicas: number, call: Call & Condition): Promise<Size>
  restart(target: string, member: string, call: Call): Promise<Size>
  /** Ends one member for good: the target has one fewer. Not every provider can. */
  remove?(target: string, member: string, call: Call): Promise<Size>
  /** Has the outside itself replace a member that it takes for well. Not every provider can. */
  markUnhealthy?(target: string, member: string, call: Call): Promise<Size>
  /** Replaces all members, as the outside itself rolls out. Said again with the same stamp it does nothing. Not every provider can. */
  restartAll?(target: string, stamp: string, call: Call): Promise<Size>
  /** What it ran, the youngest first. Not every provider knows. */
  history?(target: string, call: Call): Promise<readonly Revision[]>
  /** Runs again what it ran as that revision, in the size that it has now. Said again it does nothing. */
  rollBack?(target: string, revision: string, call: Call & Pick<Condition, 'version'>): Promise<Size>
  readonly nodes?: NodeWork
  /** Lets go of what the provider holds in this process. What it made outside stays as it is. */
  close(): Promise<void>
}

/** Machines of a cluster. Everything may be said twice. */
export interface NodeWork {
  list(call: Call): Promise<readonly Node[]>
  read(node: string, call: Call): Promise<Node>
  /** Nothing new is placed there. */
  cordon(node: string, call: Call): Promise<Node>
  uncordon(node: string, call: Call): Promise<Node>
  /** Cordoned, and all that runs there has ended, at the pace that disruption budgets allow. */
  drain(node: string, call: Call): Promise<Node>
  /** Rolls over the targets that are labelled for it, and names them. Said again with the same stamp it does nothing. */
  rebalance?(stamp: string, call: Call): Promise<readonly string[]>
}

/** Says by its name what happened; scripts, records and people read the name. */
export class ProviderError extends Error {
  constructor(name: ProviderErrorName, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = name
  }
}

const providerErrorNames = ['TargetUnknown', 'TargetUnreachable', 'VersionConflict', 'OutOfBounds', 'Busy', 'Protected', 'Autoscaled', 'BadCall'] as const
export type ProviderErrorName = (typeof providerErrorNames)[number]

export const isProviderErrorName = (name: unknown): name is ProviderErrorName => (providerErrorNames as readonly unknown[]).includes(name)

export const targetUnknown = (target: string, known: readonly string[]): ProviderError =>
  new ProviderError('TargetUnknown', `there is no ${quoted(target)}; known: ${known.slice(0, 20).join(', ') || 'nothing'}${known.length > 20 ? ' …' : ''}`)

export const outOfBounds = (target: string, asked: number, { min, max, replicas }: { min: number; max: number; replicas: number }): ProviderError =>
  new ProviderError('OutOfBounds', `${target} may have ${min} to ${max} replicas, it has ${replicas}, and ${asked} were asked for`)

const versionConflict = (target: string, given: string, now: string): ProviderError =>
  new ProviderError('VersionConflict', `${target} was changed by someone else: it is at version ${now}, the call was made for ${quoted(given)}; read it again`)

interface Sized {
  readonly replicas: number
  readonly version: string
  readonly min: number
  readonly max: number
}

/** Whether the size must be changed at all, judged on what was just read. Throws `ProviderError` where it may not be. */
export function mustSet(target: string, asked: number, now: Sized, { version, toward }: Condition): boolean {
  // First, so that the second saying of one `set` is harmless although the first one changed the version.
  if (now.replicas === asked) return false
  if (toward === 'up' && now.replicas > asked) return false
  if (toward === 'down' && now.replicas < asked) return false
  if (!Number.isSafeInteger(asked) || asked < now.min || asked > now.max) throw outOfBounds(target, asked, now)
  if (version !== undefined && version !== now.version) throw versionConflict(target, version, now.version)
  return true
}

/** Runs `work` with a signal that ends by the call's own or by its deadline; then the target counts as unreachable. */
export async function withinDeadline<T>(what: string, call: Call, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const timer = new AbortController()
  const timeout = setTimeout(() => timer.abort(new ProviderError('TargetUnreachable', `${what}: no answer within ${call.deadlineMs} ms`)), call.deadlineMs)
  const signal = AbortSignal.any([call.signal, timer.signal])
  try {
    return await Promise.race([work(signal), ended(signal)])
  } catch (error) {
    if (error instanceof ProviderError) throw error
    const reason: unknown = signal.aborted ? signal.reason : error
    if (reason instanceof ProviderError) throw reason
    throw new ProviderError('TargetUnreachable', `${what}: ${reason instanceof Error ? reason.message : String(reason)}`, { cause: error })
  } finally {
    clearTimeout(timeout)
    // Releases whoever still waits on the combined signal.
    timer.abort()
  }
}

/** Judges what is to be run again on what was just read. Undefined where it runs already. */
export function mustRollBack<R extends Revision>(target: string, revision: string, history: readonly R[], version: { given: string | undefined; now: string }): R | undefined {
  const found = history.find((one) => one.revision === revision)
  if (found === undefined) throw new ProviderError('BadCall', `${target} has no revision ${quoted(revision)}; it has ${history.map((one) => one.revision).slice(0, 10).join(', ') || 'none'}`)
  if (found.current) return undefined
  if (version.given !== undefined && version.given !== version.now) throw versionConflict(target, version.given, version.now)
  return found
}

const ended = (signal: AbortSignal): Promise<never> =>
  new Promise((_, fail) => {
    if (signal.aborted) return fail(signal.reason)
    signal.addEventListener('abort', () => fail(signal.reason), { once: true })
  })

const quoted = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)

/**
 * The hands: what reads and changes the size of a service or a node group. One narrow port, and promises that
 * `test/contract/provider.ts` holds every provider to:
 *
 * - sizes are absolute, and saying one twice does nothing the second time, whatever version is given with it;
 * - a size outside the target's bounds is refused, and so is one said of a version that is no longer true;
 * - a member that is gone is not restarted again, and ids of members are never used a second time;
 * - a call ends by its deadline or its signal, whichever comes first, and then nobody knows whether it took effect.
 */
import type { Size } from '../runbook.ts'

export type { Size }

/** Every call carries both; without them it does not compile. `deadlineMs` counts from the call. */
export interface Call {
  readonly signal: AbortSignal
  readonly deadlineMs: number
}

export interface Provider {
  readonly name: string
  read(target: string, call: Call): Promise<Size>
  list(call: Call): Promise<readonly { readonly name: string; readonly id: string }[]>
  set(target: string, replicas: number, call: Call & { readonly version?: string }): Promise<Size>
  restart(target: string, member: string, call: Call): Promise<Size>
  /** Lets go of what the provider holds in this process. What it made outside stays as it is. */
  close(): Promise<void>
}

/** Says by its name what happened; scripts, records and people read the name. */
export class ProviderError extends Error {
  constructor(name: ProviderErrorName, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = name
  }
}

const providerErrorNames = ['TargetUnknown', 'TargetUnreachable', 'VersionConflict', 'OutOfBounds', 'BadCall'] as const
export type ProviderErrorName = (typeof providerErrorNames)[number]

export const isProviderErrorName = (name: unknown): name is ProviderErrorName => (providerErrorNames as readonly unknown[]).includes(name)

export const targetUnknown = (target: string, known: readonly string[]): ProviderError =>
  new ProviderError('TargetUnknown', `there is no ${quoted(target)}; known: ${known.slice(0, 20).join(', ') || 'nothing'}${known.length > 20 ? ' …' : ''}`)

export const outOfBounds = (target: string, asked: number, { min, max, replicas }: { min: number; max: number; replicas: number }): ProviderError =>
  new ProviderError('OutOfBounds', `${target} may have ${min} to ${max} replicas, it has ${replicas}, and ${asked} were asked for`)

export const versionConflict = (target: string, given: string, now: string): ProviderError =>
  new ProviderError('VersionConflict', `${target} was changed by someone else: it is at version ${now}, the call was made for ${quoted(given)}; read it again`)

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

const ended = (signal: AbortSignal): Promise<never> =>
  new Promise((_, fail) => {
    if (signal.aborted) return fail(signal.reason)
    signal.addEventListener('abort', () => fail(signal.reason), { once: true })
  })

const quoted = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)

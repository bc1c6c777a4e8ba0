/**
 * The provider `host`: this machine, and what a runbook's shell reaches on it. It has no size; it says whether a target is
 * meant for this machine: one of its names (what alerts have in `instance`), or `NAME/PART`, such as a unit of it. And `none`, for what touches nothing.
 */
import { ProviderError, targetUnknown, type Provider, type Size } from './provider.ts'

/** The first of the names is what limits count by, whichever an alert used. */
export const host = (names: readonly string[]): Provider => sizeless('host', (target) => {
  const name = names.find((one) => target === one || target.startsWith(`${one}/`))
  if (name === undefined) throw targetUnknown(target, names)
  return `${names[0]}${target.slice(name.length)}`
}, names)

export const none: Provider = sizeless('none', (target) => target, [])

function sizeless(provider: string, idOf: (target: string) => string, names: readonly string[]): Provider {
  const read = async (target: string): Promise<Size> => ({
    id: idOf(target), replicas: 1, ready: 1, version: '1', min: 1, max: 1, labels: {}, rollingOut: false, autoscaled: false, members: [],
  })
  const refuse = (): Promise<never> => Promise.reject(new ProviderError('BadCall', `the provider ${provider} has nothing to scale or restart: use the shell of a step`))
  return { name: provider, read, list: async () => names.slice(0, 1).map((name) => ({ name, id: name })), set: refuse, restart: refuse, close: async () => {} }
}

/** What a script asked for, brought to the provider that its runbook names. Its arguments are a script's: all are checked. */
import { handleNames } from '../core/handle-names.ts'
import type { Json } from '../core/plan.ts'
import { ProviderError, type Call, type Condition, type NodeWork, type Provider } from './provider.ts'

export interface Hands {
  /** `name` is one of `handleNames`. Throws `ProviderError`. */
  call(provider: string, name: string, args: readonly Json[], call: Call): Promise<Json>
  close(): Promise<void>
}

export function createHands(providers: readonly Provider[]): Hands {
  const byName = new Map(providers.map((provider) => [provider.name, provider]))
  return {
    call: async (name, verb, args, call) => {
      const provider = byName.get(name)
      if (provider === undefined) {
        const known = [...byName.keys()].join(', ') || 'none'
        throw new ProviderError('BadCall', `the provider ${JSON.stringify(name)} is not configured (known: ${known}): add it under \`providers\``)
      }
      return (await answer(provider, verb, args, call)) as Json
    },
    close: async () => void (await Promise.all(providers.map((provider) => provider.close()))),
  }
}

async function answer(provider: Provider, verb: string, args: readonly Json[], call: Call): Promise<unknown> {
  const [first, second, third] = args
  switch (verb) {
    case 'scale.read':
      return provider.read(text(first, 'target'), call)
    case 'scale.list':
      return provider.list(call)
    case 'scale.history':
      return (provider.history ?? cannot(provider, verb))(text(first, 'target'), call)
    case 'scale.set':
      return provider.set(text(first, 'target'), size(second), { ...call, ...condition(third) })
    case 'scale.restart':
      return provider.restart(text(first, 'target'), text(second, 'member'), call)
    case 'scale.remove':
      return (provider.remove ?? cannot(provider, verb))(text(first, 'target'), text(second, 'member'), call)
    case 'scale.restartAll':
      return (provider.restartAll ?? cannot(provider, verb))(text(first, 'target'), text(second, 'stamp'), call)
    case 'scale.rollBack':
      return (provider.rollBack ?? cannot(provider, verb))(text(first, 'target'), text(second, 'revision'), { ...call, ...condition(third) })
    case 'scale.markUnhealthy':
      return (provider.markUnhealthy ?? cannot(provider, verb))(text(first, 'target'), text(second, 'member'), call)
    case 'nodes.list':
      return nodesOf(provider, verb).list(call)
    case 'nodes.rebalance':
      return (nodesOf(provider, verb).rebalance ?? cannot(provider, verb))(text(first, 'stamp'), call)
    case 'nodes.read':
    case 'nodes.cordon':
    case 'nodes.uncordon':
    case 'nodes.drain':
      return nodesOf(provider, verb)[verb.slice('nodes.'.length) as 'read' | 'cordon' | 'uncordon' | 'drain'](text(first, 'node'), call)
    default:
      throw new ProviderError('BadCall', `there is no ${JSON.stringify(verb)}: a script may call ${[...handleNames].join(', ')}`)
  }
}

const nodesOf = (provider: Provider, verb: string): NodeWork => provider.nodes ?? cannot(provider, verb)

function cannot({ name }: Provider, verb: string): never {
  throw new ProviderError('BadCall', `the provider ${name} has no ${verb}`)
}

function text(value: Json | undefined, name: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= 1024) return value
  throw new ProviderError('BadCall', `the ${name} must be a text of 1 to 1024 characters, not ${shown(value)}`)
}

function size(value: Json | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new ProviderError('BadCall', `a size must be a whole number from 0 on, not ${shown(value)}`)
}

function condition(value: Json | undefined): Condition {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw new ProviderError('BadCall', `what must be true must be { version, toward }, not ${shown(value)}`)
  const { version, toward } = value as { version?: Json; toward?: Json }
  if (toward !== undefined && toward !== 'up' && toward !== 'down') throw new ProviderError('BadCall', `toward must be up or down, not ${shown(toward)}`)
  return { ...(version === undefined ? {} : { version: text(version, 'version') }), ...(toward === undefined ? {} : { toward }) }
}

const shown = (value: Json | undefined): string => (JSON.stringify(value) ?? 'nothing').slice(0, 60)

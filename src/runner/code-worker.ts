/**
 * The thread of one policy that is code, for one plan. Whatever it tries to change of what it was handed is noted, whether
 * or not it catches the error or puts it back.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { Json } from '../core/plan.ts'

/** `changed`: where it tried to. */
export type Said = { readonly failed: string } | { readonly given: Json; readonly changed?: string }

const { code, input } = workerData as { code: string; input: object }
let changed: string | undefined
const guards = new WeakMap<object, object>()

const guarded = (value: object, path: string): object => {
  const known = guards.get(value)
  if (known) return known
  const refuse = (_: object, key?: unknown): never => {
    changed ??= `${path}${typeof key === 'string' ? `.${key}` : ''}`
    throw new TypeError(`a policy may not change ${changed}`)
  }
  const guard = new Proxy(value, {
    get: (target, key) => {
      const found: unknown = Reflect.get(target, key)
      return typeof found === 'object' && found !== null ? guarded(found, `${path}.${String(key)}`) : found
    },
    set: refuse, defineProperty: refuse, deleteProperty: refuse, setPrototypeOf: refuse, preventExtensions: refuse,
    // Handed out by this way too, and so guarded too.
    getOwnPropertyDescriptor: (target, key) => {
      const found = Reflect.getOwnPropertyDescriptor(target, key)
      return found && 'value' in found && typeof found.value === 'object' && found.value !== null ? { ...found, value: guarded(found.value as object, `${path}.${String(key)}`) } : found
    },
  })
  guards.set(value, guard)
  return guard
}

const judge = async (): Promise<Said> => {
  const module = (await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)) as { default?: unknown }
  if (typeof module.default !== 'function') return { failed: 'its default export is no function' }
  const given: unknown = await (module.default as (input: object) => unknown)(guarded(input, 'input'))
  return { given: JSON.parse(JSON.stringify(given ?? null)) as Json, ...(changed === undefined ? {} : { changed }) }
}

judge().catch((problem: unknown): Said => {
  const failed = `it threw ${problem instanceof Error ? problem.message : String(problem)}`
  return changed === undefined ? { failed } : { given: null, changed }
}).then((said) => parentPort!.postMessage(said)).catch(() => process.exit(1))

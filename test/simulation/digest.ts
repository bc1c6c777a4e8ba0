/** A state as text, the same for equal states: maps and sets in the order in which they were filled, which the fold decides too. */
import { createHash } from 'node:crypto'
import type { State } from '../../src/core/state.ts'

export const plainState = (state: State): unknown => plain(state, new Set())

export const digestOfState = (state: State): string => createHash('sha256').update(JSON.stringify(plainState(state))).digest('hex')

/** A workflow, a stop or a notice is written once, where it is kept; elsewhere by its name. `compiled` is made of what is written. */
const plain = (value: unknown, within: Set<unknown>): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (within.has(value)) return nameOf(value)
  within.add(value)
  if (value instanceof Map) return [...value].map(([key, item]) => [key, plain(item, within)])
  if (value instanceof Set) return [...value].map((item) => plain(item, within))
  if (Array.isArray(value)) return value.map((item) => plain(item, within))
  return Object.fromEntries(Object.entries(value).filter(([name, item]) => name !== 'compiled' && name !== 'did' && item !== undefined).map(([name, item]) => [name, plain(item, within)]))
}

const nameOf = (value: object): string => {
  const { id, key } = value as { id?: string; key?: string }
  return `see ${id ?? key ?? JSON.stringify(value)}`
}

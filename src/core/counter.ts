/**
 * The one thing that counts. Every limit is a take on a key, and the fold grants takes at the claim of the first step, in
 * log order, so that any number of deciders keep every limit at every prefix of the log. A counter knows who holds a
 * share now, what was counted when (amounts, or names that count once), a batch, and whether it is latched shut.
 */
import { lookAgain } from './expiries.ts'
import type { End } from './reason.ts'
import type { Mark, Take } from './plan.ts'
import type { Room } from './policy.ts'
import type { Counter, State } from './state.ts'

const emptyCounter = (): Counter => ({ counted: [], last: new Map(), keptMs: 0, usedAt: 0, holders: new Map(), batch: { taken: 0 }, line: [] })

/** Most count for an hour or less. */
const firstLookMs = 3_600_000

/** To change it. */
export const counterOf = (state: State, key: string): Counter => {
  let counter = state.counters.get(key)
  if (!counter) {
    state.counters.set(key, (counter = emptyCounter()))
    lookAgain(state, 'counter', key, state.at + firstLookMs)
  }
  counter.usedAt = state.at
  return counter
}

/** Of a key that nobody has taken yet. */
const unused: Readonly<Counter> = emptyCounter()

/** Whether `take` fits at log time `at`. What the same holder has already does not stand in its own way. */
export const room = (state: State, take: Take, at: number, holder: string): Room => {
  const counter = state.counters.get(take.key) ?? unused
  if (take.window === 'until cleared') {
    const used = counter.latchedAt === undefined ? 0 : 1
    return { used, fits: used <= take.max }
  }
  const others = counter.holders.size === 0 ? [] : [...counter.holders].filter(([id]) => id !== holder).map(([, share]) => share)
  if (take.window !== 'until end' && take.window.from === 'last end') return roomInBatch(counter, take, { at, held: others.length > 0 })
  const held = take.window === 'until end' || take.window.from === 'end' ? others : []
  return take.values ? roomForValues(counter, take, take.values, { at, held }) : roomForAmount(counter, take, { at, held })
}

interface Now {
  readonly at: number
  readonly held: Counter['holders'] extends Map<string, infer Share> ? readonly Share[] : never
}

const amountOf = (take: Take): number => take.amount ?? 1
const msOf = (take: Take): number => (typeof take.window === 'string' ? 0 : take.window.ms)

const roomForAmount = ({ counted }: Counter, take: Take, { at, held }: Now): Room => {
  const ms = msOf(take)
  const running = held.reduce((sum, share) => sum + share.amount, 0)
  const first = firstAfter(counted, at - ms)
  const before = first < counted.length ? counted[first]!.sum - counted[first]!.amount : (counted.at(-1)?.sum ?? 0)
  const used = running + (ms > 0 ? (counted.at(-1)?.sum ?? 0) - before : 0)
  const over = used + amountOf(take) - take.max
  if (over <= 0) return { used, fits: true }
  const frees = ms > 0 ? counted[firstWithSum(counted, before + over)] : undefined
  return frees ? { used, fits: false, until: frees.at + ms } : { used, fits: false }
}

/** Names count once each, however often they are counted, and those of `besides` although nobody holds them. */
const roomForValues = ({ last }: Counter, take: Take, mine: readonly string[], { at, held }: Now): Room => {
  const ms = msOf(take)
  const there = new Set<string>(take.besides ?? [])
  for (const share of held) for (const value of share.values) there.add(value)
  const stays = new Set([...there, ...mine])
  const passing: number[] = []
  let used = there.size
  if (ms > 0) {
    for (const [value, countedAt] of last) {
      if (countedAt <= at - ms) continue
      if (!stays.has(value)) passing.push(countedAt)
      if (!there.has(value)) used++
    }
  }
  const over = stays.size + passing.length - take.max
  if (over <= 0) return { used, fits: true }
  const frees = passing[over - 1]
  return frees === undefined ? { used, fits: false } : { used, fits: false, until: frees + ms }
}

/** So many, and then none until `ms` after the last of them ended. */
const roomInBatch = ({ batch }: Counter, take: Take, { at, held }: { at: number; held: boolean }): Room => {
  const until = batch.endedAt === undefined ? undefined : batch.endedAt + msOf(take)
  const over = !held && (until === undefined || until <= at)
  const used = over ? 0 : batch.taken
  if (used + amountOf(take) <= take.max) return { used, fits: true }
  return held || until === undefined || until <= at ? { used, fits: false } : { used, fits: false, until }
}

/** Gives a share to who holds it until its end, or counts it here and now. A take of nothing only looks. */
export const grant = (state: State, take: Take, at: number, holder: string): void => {
  const { window, values, ends } = take
  const amount = values ? 0 : amountOf(take)
  if ((amount === 0 && !values?.length) || window === 'until cleared') return
  const counter = counterOf(state, take.key)
  if (window !== 'until end' && window.from === undefined) return count(counter, { at, keepMs: window.ms, amount, values: values ?? [] })
  if (window !== 'until end' && window.from === 'last end') {
    counter.keptMs = Math.max(counter.keptMs, window.ms)
    const over = counter.holders.size === 0 && (counter.batch.endedAt ?? -Infinity) + window.ms <= at
    counter.batch = { ...counter.batch, taken: (over ? 0 : counter.batch.taken) + amount }
  }
  counter.holders.set(holder, {
    amount, values: values ?? [], ...(window !== 'until end' && window.from === 'end' ? { keepMs: window.ms } : {}), ...(ends ? { ends } : {}),
  })
}

/** Takes back a share. Where ends are what counts, this is when it is counted. */
export const release = (state: State, key: string, holder: string, { at, as }: { at: number; as?: End }): void => {
  const counter = state.counters.get(key)
  const share = counter?.holders.get(holder)
  if (!counter || !share) return
  counter.holders.delete(holder)
  counter.usedAt = at
  counter.batch.endedAt = at
  if (share.keepMs !== undefined && (!share.ends || (as && share.ends.includes(as)))) count(counter, { at, keepMs: share.keepMs, ...share })
}

/** What nobody starts or ends can be counted too: an alert that asks, a verdict that says so. */
export const mark = (state: State, { key, keepMs, value }: Mark, at: number): void => {
  const counter = counterOf(state, key)
  if (keepMs === undefined) counter.latchedAt ??= at
  else count(counter, { at, keepMs, amount: 1, values: value === undefined ? [] : [value] })
}

/** A person says that it is over: the latch opens, and what was counted up to now is forgotten. */
export const clear = (state: State, key: string): void => {
  const counter = state.counters.get(key)
  if (!counter) return
  counter.counted.length = 0
  counter.last.clear()
  delete counter.latchedAt
}

/** What no window looks back to is forgotten. */
const count = (counter: Counter, { at, keepMs, amount, values }: { at: number; keepMs: number; amount: number; values: readonly string[] }): void => {
  counter.keptMs = Math.max(counter.keptMs, keepMs)
  const gone = firstAfter(counter.counted, at - counter.keptMs)
  if (gone > 1024 || gone === counter.counted.length) counter.counted.splice(0, gone)
  for (const [value, countedAt] of counter.last) {
    if (countedAt > at - counter.keptMs) break
    counter.last.delete(value)
  }
  for (const value of values) {
    counter.last.delete(value)
    counter.last.set(value, at)
  }
  if (values.length === 0) counter.counted.push({ at, amount, sum: (counter.counted.at(-1)?.sum ?? 0) + amount })
}

const firstAfter = (counted: Counter['counted'], at: number): number => search(counted.length, (index) => counted[index]!.at > at)
const firstWithSum = (counted: Counter['counted'], sum: number): number => search(counted.length, (index) => counted[index]!.sum >= sum)

/** The first index at which `is` holds, which holds for all after it; `length` if for none. */
const search = (length: number, is: (index: number) => boolean): number => {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (is(middle)) high = middle
    else low = middle + 1
  }
  return low
}

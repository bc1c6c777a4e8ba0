/**
 * The state as lines of text, and back (protocol rule 12): what a server begins with instead of the whole log. Equal
 * states give equal lines, order and all, so that a digest over them says whether two servers agree.
 */
import type { Labels } from './labels.ts'
import { compiledOf } from './fold/stops.ts'
import { initialState, type Counter, type State, type Stop } from './state.ts'
import type { Episode, Workflow, WorkflowState } from './workflow.ts'

/** Grows when the lines of an older Paramedic would be read wrongly: such a snapshot is not used. */
export const snapshotForm = 2

/** One line per part and item: `["episodes","<id>",{…}]`. */
export function* snapshotLines(state: State): Generator<string, void, void> {
  for (const [field, { write }] of Object.entries(parts)) for (const line of write(state)) yield JSON.stringify([field, ...line])
}

/** The state that wrote these lines. Throws where a line is not one of ours. */
export function restoreState(lines: Iterable<string>): State {
  const state = initialState()
  for (const text of lines) {
    const [field, ...line] = JSON.parse(text) as [keyof State, ...unknown[]]
    if (!Object.hasOwn(parts, field)) throw new TypeError(`a snapshot has no part ${JSON.stringify(field)}`)
    parts[field].read(state, line)
  }
  return state
}

/** How a field becomes lines, and how one of them is put back. */
interface Part {
  write(state: State): Iterable<readonly unknown[]>
  read(state: State, line: readonly unknown[]): void
}

const value = <K extends keyof State>(field: K): Part => ({
  write: (state) => (state[field] === undefined ? [] : [[state[field]]]),
  read: (state, [one]) => void (state[field] = one as State[K]),
})

const items = <K, V, P = V>(of: (state: State) => Map<K, V>, plain: (alive: V) => P, alive: (plain: P) => V): Part => ({
  * write(state) {
    for (const [key, one] of of(state)) yield [key, plain(one)]
  },
  read: (state, [key, one]) => void of(state).set(key as K, alive(one as P)),
})
const plainItems = <K, V>(of: (state: State) => Map<K, V>): Part => items(of, (one) => one, (one) => one)

/** What another part holds already, by its id and in its own order. */
const references = (ids: (state: State) => Iterable<string>, add: (state: State, id: string) => void): Part => ({
  * write(state) {
    for (const id of ids(state)) yield [id]
  },
  read: (state, [id]) => add(state, id as string),
})

/** In this order: what is referred to stands before what refers to it. A field that is missing here does not compile. */
const parts: Readonly<Record<keyof State, Part>> = {
  position: value('position'),
  at: value('at'),
  beganAt: value('beganAt'),
  last: value('last'),
  snapshot: value('snapshot'),
  foldVersion: value('foldVersion'),
  unknownEntry: value('unknownEntry'),
  counts: value('counts'),
  did: { write: () => [], read: () => {} }, // of one entry only
  catalogue: value('catalogue'),
  catalogues: plainItems(({ catalogues }) => catalogues),
  announcing: plainItems(({ announcing }) => announcing),
  activatedBefore: plainItems(({ activatedBefore }) => activatedBefore),
  ran: plainItems(({ ran }) => ran),
  processes: plainItems(({ processes }) => processes),
  episodes: items(({ episodes }) => episodes, plainEpisode, aliveEpisode),
  unanswered: references(({ unanswered }) => unanswered.keys(), (state, id) => void state.unanswered.set(id, found(state.episodes, id))),
  workflows: items(({ workflows }) => workflows, plainWorkflow, aliveWorkflow),
  keys: plainItems(({ keys }) => keys),
  live: {
    * write(state) {
      for (const [name, all] of state.live) for (const { id } of all) yield [name, id]
    },
    read: (state, [name, id]) => void state.live.get(name as WorkflowState)!.add(found(state.workflows, id as string)),
  },
  climbing: references(({ climbing }) => [...climbing].map(({ id }) => id), (state, id) => void state.climbing.add(found(state.workflows, id))),
  counters: items(({ counters }) => counters, plainCounter, aliveCounter),
  stops: items(({ stops }) => stops, plainStop, aliveStop),
  inForce: references((state) => [...state.inForce].map(({ id }) => id), (state, id) => void state.inForce.add(found(state.stops, id))),
  lifted: references(({ lifted }) => lifted, (state, id) => void state.lifted.add(id)),
  watched: plainItems(({ watched }) => watched),
  suspensions: plainItems(({ suspensions }) => suspensions),
  drills: plainItems(({ drills }) => drills),
  switches: plainItems(({ switches }) => switches),
  trust: plainItems(({ trust }) => trust),
  notices: plainItems(({ notices }) => notices),
  noticesDue: references((state) => [...state.noticesDue].map(({ key }) => key), (state, key) => void state.noticesDue.add(found(state.notices, key))),
  ringing: {
    * write(state) {
      for (const [index, some] of state.ringing.entries()) for (const { key } of some) yield [index, key]
    },
    read: (state, [index, key]) => void state.ringing[index as number]!.add(found(state.notices, key as string)),
  },
  unknownNotice: plainItems(({ unknownNotice }) => unknownNotice),
  heartbeats: plainItems(({ heartbeats }) => heartbeats),
  rememberMs: value('rememberMs'),
  swept: value('swept'),
  expiries: plainItems(({ expiries }) => expiries),
}

function found<V>(all: ReadonlyMap<string, V>, id: string): V {
  const one = all.get(id)
  if (one === undefined) throw new TypeError(`a snapshot refers to ${id}, which is not in it`)
  return one
}

type Plain<T, Changed> = Omit<T, keyof Changed> & Changed
type PlainLabels = readonly (readonly [string, string])[]

const plainLabels = (labels: Labels): PlainLabels => [...labels]

export function plainEpisode(episode: Episode): Plain<Episode, { labels: PlainLabels; annotations: PlainLabels }> {
  return { ...episode, labels: plainLabels(episode.labels), annotations: plainLabels(episode.annotations) }
}

export function aliveEpisode(plain: ReturnType<typeof plainEpisode>): Episode {
  return { ...plain, labels: new Map(plain.labels), annotations: new Map(plain.annotations) }
}

export function plainWorkflow(workflow: Workflow): Plain<Workflow, { labels: PlainLabels }> {
  return { ...workflow, labels: plainLabels(workflow.labels) }
}

export function aliveWorkflow(plain: ReturnType<typeof plainWorkflow>): Workflow {
  return { ...plain, labels: new Map(plain.labels) }
}

type PlainMap<M> = M extends ReadonlyMap<infer K, infer V> ? readonly (readonly [K, V])[] : never

function plainCounter(counter: Counter): Plain<Counter, { holders: PlainMap<Counter['holders']>; last: PlainMap<Counter['last']> }> {
  return { ...counter, holders: [...counter.holders], last: [...counter.last] }
}

function aliveCounter(plain: ReturnType<typeof plainCounter>): Counter {
  return { ...plain, holders: new Map(plain.holders), last: new Map(plain.last) }
}

export function plainStop({ compiled: _, ...stop }: Stop): Omit<Stop, 'compiled'> {
  return stop
}

export function aliveStop(plain: ReturnType<typeof plainStop>): Stop {
  return { ...plain, compiled: compiledOf(plain) }
}

/**
 * Counters, gauges and histograms as Prometheus reads them (text format 0.0.4). A metric has at most `mostSeries` sets of
 * labels: what comes beyond counts under `other`, so that nobody's names can fill the memory of whoever scrapes.
 */
export interface Described {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[]
}

export type LabelsOf<L extends string> = Readonly<Record<L, string>>
export type Row<L extends string = string> = readonly [labels: LabelsOf<L>, value: number]

const prefix = 'paramedic_'
export const mostSeries = 500

export class Registry {
  readonly #metrics: (Described & { lines(): Iterable<string> })[] = []

  counter<const L extends string>(name: string, help: string, labels: readonly L[]): Counter<L> {
    const counter = new Counter<L>(prefix + name, labels)
    this.#metrics.push({ name: prefix + name, type: 'counter', help, labels, lines: () => counter.lines() })
    return counter
  }

  histogram<const L extends string>(name: string, help: string, labels: readonly L[], buckets: readonly number[]): Histogram<L> {
    const histogram = new Histogram<L>(prefix + name, labels, buckets)
    this.#metrics.push({ name: prefix + name, type: 'histogram', help, labels, buckets, lines: () => histogram.lines() })
    return histogram
  }

  /** Read when it is asked for. Also for counters that somebody else keeps. */
  read<const L extends string>(name: string, help: string, labels: readonly L[], rows: () => Iterable<Row<L>>, type: 'gauge' | 'counter' = 'gauge'): void {
    const full = name.startsWith('process_') ? name : prefix + name
    this.#metrics.push({ name: full, type, help, labels, lines: () => [...rows()].map(([values, value]) => line(full, labels, keyOf(labels, values), value)) })
  }

  get described(): readonly Described[] {
    return this.#metrics
  }

  text(): string {
    const lines = this.#metrics.flatMap(({ name, type, help, lines: own }) => [`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`, ...own()])
    return `${lines.join('\n')}\n`
  }
}

/** No value of a label holds it. */
const between = '\u001f'

const keyOf = <L extends string>(names: readonly L[], values: LabelsOf<L>): string => names.map((name) => values[name]).join(between)

class Series<T> {
  readonly #series = new Map<string, T>()
  readonly #fresh: () => T
  constructor(names: readonly string[], fresh: () => T) {
    this.#fresh = fresh
    // What has no labels is there from the start: 0 is a value, and no value is none.
    if (names.length === 0) this.#series.set('', fresh())
  }

  of(key: string, names: readonly string[]): T {
    const known = this.#series.get(key)
    if (known !== undefined) return known
    const kept = this.#series.size < mostSeries ? key : names.map(() => 'other').join(between)
    const found = this.#series.get(kept) ?? this.#fresh()
    this.#series.set(kept, found)
    return found
  }

  [Symbol.iterator](): Iterator<[string, T]> {
    return this.#series[Symbol.iterator]()
  }
}

export class Counter<L extends string> {
  readonly #name: string
  readonly #labels: readonly L[]
  readonly #series: Series<{ value: number }>
  constructor(name: string, labels: readonly L[]) {
    this.#name = name
    this.#labels = labels
    this.#series = new Series(labels, () => ({ value: 0 }))
  }

  add(labels: LabelsOf<L>, by = 1): void {
    this.#series.of(keyOf(this.#labels, labels), this.#labels).value += by
  }

  *lines(): Iterable<string> {
    for (const [key, { value }] of this.#series) yield line(this.#name, this.#labels, key, value)
  }
}

export class Histogram<L extends string> {
  readonly #name: string
  readonly #labels: readonly L[]
  readonly #buckets: readonly number[]
  readonly #series: Series<{ counts: number[]; sum: number; count: number }>
  constructor(name: string, labels: readonly L[], buckets: readonly number[]) {
    this.#name = name
    this.#labels = labels
    this.#buckets = buckets
    this.#series = new Series(labels, () => ({ counts: buckets.map(() => 0), sum: 0, count: 0 }))
  }

  observe(labels: LabelsOf<L>, seconds: number): void {
    const one = this.#series.of(keyOf(this.#labels, labels), this.#labels)
    const bucket = this.#buckets.findIndex((bound) => seconds <= bound)
    if (bucket >= 0) one.counts[bucket]!++
    one.sum += seconds
    one.count++
  }

  *lines(): Iterable<string> {
    const [name, labels] = [this.#name, this.#labels]
    for (const [key, { counts, sum, count }] of this.#series) {
      const at = (le: string): string => (labels.length === 0 ? le : `${key}${between}${le}`)
      let below = 0
      for (const [index, bound] of this.#buckets.entries()) yield line(`${name}_bucket`, [...labels, 'le'], at(String(bound)), (below += counts[index]!))
      yield line(`${name}_bucket`, [...labels, 'le'], at('+Inf'), count)
      yield line(`${name}_sum`, labels, key, sum)
      yield line(`${name}_count`, labels, key, count)
    }
  }
}

const line = (name: string, labels: readonly string[], key: string, value: number): string => {
  const values = key.split(between)
  const pairs = labels.map((label, index) => `${label}="${values[index]!.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : value}`
}

/** What a figure is: something of ours measured against its physical limit, in turns, in the same run. */

/** What is reached: `ours ÷ limit` is at most or at least so much; or, without a limit, `ours` itself is. */
export type Goal = { readonly atMost: number } | { readonly atLeast: number }

export interface Row {
  readonly name: string
  /** What is divided by what, in a few words. */
  readonly what: string
  readonly unit: string
  readonly goal: Goal
  /** No limit is measured: the goal is for `ours` as it is. */
  readonly absolute?: true
}

/** One for each row. `limit` is 1 where the row is absolute. `broken` says why the sample does not count as reached. */
export interface Sample {
  readonly ours: number
  readonly limit: number
  readonly broken?: string
}

export interface Measuring {
  round(index: number): Promise<readonly Sample[]>
  close(): Promise<void>
}

export interface Figure {
  readonly rows: readonly Row[]
  /** Why it cannot be had here; then its rows are left out, and said to be. */
  readonly skip?: () => string | false
  open(say: (text: string) => void): Promise<Measuring>
}

export interface Result extends Row {
  readonly figure: string
  /** Medians over the rounds; the ratio is the median of the rounds' ratios, since a noisy round is noisy for both sides. */
  readonly ours: number
  readonly limit: number
  readonly ratio: number
  readonly ratios: readonly number[]
  readonly met: boolean
  readonly broken?: string
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The smallest value that `share` of all are not above. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!
}

export const resultOf = (figure: string, row: Row, samples: readonly Sample[]): Result => {
  const ratios = samples.map(({ ours, limit }) => ours / limit)
  const ratio = median(ratios)
  const reached = 'atMost' in row.goal ? ratio <= row.goal.atMost : ratio >= row.goal.atLeast
  const broken = samples.map((sample) => sample.broken).filter((why) => why !== undefined)
  // A round that broke its condition may be a hiccup of the machine; where most did, it does not hold.
  const holds = broken.length * 2 < samples.length
  return {
    ...row, figure, ours: median(samples.map(({ ours }) => ours)), limit: median(samples.map(({ limit }) => limit)), ratio, ratios,
    met: reached && holds, ...(holds ? {} : { broken: broken[0]! }),
  }
}

/** The numbers of an edge. What is not said otherwise is what a dependency that fails needs: tried less, not more. */

export interface EdgeSettings {
  readonly breaker: {
    readonly mode: 'consecutive' | 'rate'
    /** `consecutive`: this many failures in a row open it. */
    readonly failures: number
    /** `rate`: this share of the calls of the last `windowMs`, once there were `calls` of them. */
    readonly rate: number
    readonly calls: number
    readonly windowMs: number
    readonly openMs: number
    /** Up to this much longer, by chance, so that those that opened together do not probe together. */
    readonly jitterMs: number
  }
  readonly retry: {
    readonly firstMs: number
    readonly factor: number
    /** A pause is this share longer or shorter, by chance. */
    readonly jitter: number
    /** Before the chance: the longest pause is `mostMs` × (1 + `jitter`). */
    readonly mostMs: number
    /** Of one call, the first one too. */
    readonly tries: number
    /** Each call earns this share of a retry, and no more than `saved` are kept: an edge that only fails is retried ever less. */
    readonly share: number
    readonly saved: number
    /** One try of what may be repeated takes no longer, so that time is left for another. */
    readonly tryMs: number
  }
  readonly bulkhead: {
    readonly atOnce: number
    readonly perTarget: number
    /** More than this many wait for no one. */
    readonly waiting: number
  }
  /** Calls a second, evenly: those that come sooner wait. */
  readonly perSecond: number
  readonly bench: {
    /** An endpoint that failed this often in a row is left out for `benchMs`, as long as there is another. */
    readonly failures: number
    readonly benchMs: number
  }
  /** `off` refuses every call, `mock` answers those that carry an answer and refuses the others, `direct` passes all that stands between. */
  readonly mode: EdgeMode
}

export const edgeModes = ['on', 'off', 'mock', 'direct'] as const
export type EdgeMode = (typeof edgeModes)[number]

export const usualSettings: EdgeSettings = {
  breaker: { mode: 'consecutive', failures: 6, rate: 0.5, calls: 20, windowMs: 30_000, openMs: 10_000, jitterMs: 5_000 },
  retry: { firstMs: 500, factor: 1.5, jitter: 0.5, mostMs: 60_000, tries: 5, share: 0.2, saved: 10, tryMs: 10_000 },
  bulkhead: { atOnce: 20, perTarget: 4, waiting: 200 },
  perSecond: 1000,
  bench: { failures: 3, benchMs: 30_000 },
  mode: 'on',
}

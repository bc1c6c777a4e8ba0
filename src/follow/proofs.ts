/**
 * What runners said of a stop, as far as this process heard it: its own word at once, and that of others in their answer
 * over HTTP. The log has it later; while the log is away this is all the proof there is.
 */
export interface Acknowledged {
  readonly runner: string
  readonly name: string
  /** Workflows, and processes that outlived the kill. */
  readonly killed: number
  readonly survivors: number
  readonly tookMs: number
}
export type Heard = Acknowledged & { readonly at: number }

const mostStops = 1000

export const createProofs = () => {
  const stops = new Map<string, Map<string, Heard>>()
  return {
    hear: (stop: string, heard: Heard): void => {
      const runners = stops.get(stop) ?? new Map<string, Heard>()
      if (!runners.has(heard.runner)) runners.set(heard.runner, heard)
      stops.set(stop, runners)
      if (stops.size > mostStops) stops.delete(stops.keys().next().value!)
    },
    of: (stop: string): readonly Heard[] => [...(stops.get(stop)?.values() ?? [])],
  }
}
export type Proofs = ReturnType<typeof createProofs>

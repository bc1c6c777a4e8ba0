/** Numbers as people read them. */

/** `14:05:09 UTC` of log time. */
export const clock = (ms: number): string => (Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? `${new Date(ms).toISOString().slice(11, 19)} UTC` : 'an unknown time')

/** `84 ms`, `41 s`, `15 min`, `3 h`, `2 d`. */
export const long = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 90_000) return `${Math.round(ms / 1000)} s`
  if (ms < 90 * 60_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 48 * 3_600_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} d`
}

export const many = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`

export const shortId = (id: string): string => id.slice(-6)

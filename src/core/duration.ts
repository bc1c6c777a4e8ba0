/**
 * Durations as people write them: `90s`, `5m`, `1h30m`, `2d`. Strict on purpose: a bare number leaves the unit to
 * guessing and a sign is never meant, so both are refused.
 */

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

const pattern = /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/

/** Longer than any window that the log's retention could serve. */
const longestMs = 366 * 86_400_000

/** Milliseconds, or undefined where the text is not a duration: largest unit first, each once, more than zero, at most 366 d. */
export function parseDuration(text: string): number | undefined {
  const found = pattern.exec(text)
  if (found === null || text === '') return undefined
  const ms = units.reduce((sum, [, size], index) => sum + Number(found[index + 1] ?? 0) * size, 0)
  return ms > 0 && ms <= longestMs ? ms : undefined
}

/** A catalogue says the same few again and again, to every plan. */
const known = new Map<string, number>()
const mostKnown = 1000

/** For a text that a schema has already accepted. */
export function durationMs(text: string): number {
  const ms = known.get(text) ?? parseDuration(text)
  if (ms === undefined) throw new Error(`${JSON.stringify(text)} ${durationProblem}`)
  if (known.size < mostKnown) known.set(text, ms)
  return ms
}

export const durationProblem = 'must be a duration with its unit, such as 90s, 5m or 1h30m (more than 0, at most 366d)'

/** The same form that `parseDuration` reads: 5400000 → `1h30m`. Nothing is `0s`. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms))
  let text = ''
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    if (count === 0) continue
    text += `${count}${unit}`
    rest -= count * size
  }
  return text === '' ? '0s' : text
}

/**
 * What a clock on a wall shows, and when it shows it. A day may lack an hour or have one twice: a time that the clock never
 * shows is the moment of its jump, and of one that it shows twice both are known. Zones are those of the IANA.
 */

export interface Wall {
  readonly year: number
  readonly month: number
  readonly day: number
  /** 0 is Sunday. */
  readonly weekday: number
  /** Minutes since midnight, as the clock shows them. */
  readonly minute: number
}

const minuteMs = 60_000
const dayMs = 86_400_000

const formats = new Map<string, Intl.DateTimeFormat>()

const formatOf = (zone: string): Intl.DateTimeFormat => {
  let format = formats.get(zone)
  if (format === undefined) {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const
    format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', { timeZone: zone, hourCycle: 'h23', ...numeric })
    formats.set(zone, format)
  }
  return format
}

export const isZone = (zone: string): boolean => {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/** The clock's reading as if it were UTC, in whole seconds. */
const shownAt = (ms: number, zone: string): number => {
  const parts = Object.fromEntries(formatOf(zone).formatToParts(ms).map(({ type, value }) => [type, Number(value)])) as Record<string, number>
  return Date.UTC(parts['year']!, parts['month']! - 1, parts['day']!, parts['hour']!, parts['minute']!, parts['second']!)
}

export const wallAt = (ms: number, zone: string): Wall => {
  const shown = new Date(shownAt(ms, zone))
  return {
    year: shown.getUTCFullYear(), month: shown.getUTCMonth() + 1, day: shown.getUTCDate(), weekday: shown.getUTCDay(),
    minute: shown.getUTCHours() * 60 + shown.getUTCMinutes(),
  }
}

/** When the clock shows this: the first time, or the last. Days and minutes may run over: day 32 is the first of the next month. */
export const whenShown = ({ year, month, day, minute }: Omit<Wall, 'weekday'>, zone: string, which: 'first' | 'last'): number => {
  const shown = Date.UTC(year, month - 1, day) + minute * minuteMs
  const offsets = [shown - dayMs, shown + dayMs].map((ms) => shownAt(ms, zone) - Math.floor(ms / 1000) * 1000)
  const found = offsets.map((offset) => shown - offset).filter((ms) => shownAt(ms, zone) === shown)
  if (found.length > 0) return which === 'first' ? Math.min(...found) : Math.max(...found)
  return jumpOver(shown, zone)
}

/** The first moment at which the clock shows more than this, which it never shows. */
const jumpOver = (shown: number, zone: string): number => {
  let [before, after] = [shown - dayMs, shown + dayMs]
  while (after - before > 1000) {
    const middle = Math.floor((before + after) / 2000) * 1000
    if (shownAt(middle, zone) > shown) after = middle
    else before = middle
  }
  return after
}

/** Minutes since midnight of `09:30`; 24:00 is the end of the day. Undefined if it is no time of a day. */
export const minuteOf = (text: string): number | undefined => {
  const found = /^(\d\d):(\d\d)$/.exec(text)
  if (found === null) return undefined
  const minute = Number(found[1]) * 60 + Number(found[2])
  return Number(found[2]) < 60 && minute <= 24 * 60 ? minute : undefined
}

/** Of `2026-12-24` or `2026-12-24T18:00`. Undefined if there is no such day. */
export const dateOf = (text: string): Omit<Wall, 'weekday'> & { readonly wholeDay: boolean } | undefined => {
  const found = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?$/.exec(text)
  if (found === null) return undefined
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])]
  const minute = found[4] === undefined ? 0 : minuteOf(found[4])
  const real = new Date(Date.UTC(year, month - 1, day))
  if (minute === undefined || real.getUTCMonth() !== month - 1 || real.getUTCDate() !== day) return undefined
  return { year, month, day, minute, wholeDay: found[4] === undefined }
}

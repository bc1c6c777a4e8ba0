/**
 * Times as senders write them: RFC 3339, in any zone, to the nanosecond. A Date keeps milliseconds only, so an instant is
 * kept as text, in the one form in which the same instant is always the same text: UTC, no zeros at the end.
 */
export interface Instant {
  /** `2026-11-22T02:16:39.563587732Z` */
  readonly text: string
  /** Milliseconds since 1970, rounded down; negative before that. */
  readonly ms: number
}

/** What Go writes for "no time": midnight of the first of January of the year 1. */
export const unset = 'unset'

/** Undefined if it is no time. More than nine digits of a second are cut: no sender measures them. */
export function parseInstant(text: string): Instant | typeof unset | undefined {
  const end = text.length
  if (end < 20 || end > 64) return undefined
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  const hour = digits(text, 11, 2)
  const minute = digits(text, 14, 2)
  const second = digits(text, 17, 2)
  // A digit that is none makes its number negative.
  if ((year | month | day | hour | minute | second) < 0 || !separated(text)) return undefined
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  let at = 19
  if (text.charCodeAt(at) === 46) {
    at++
    while (at < end && digits(text, at, 1) >= 0) at++
    if (at === 20) return undefined
  }
  const offset = zone(text, at)
  if (offset === undefined) return undefined
  if (year <= 1) return unset
  const seconds = (days(year, month, day) * 24 + hour) * 3600 + minute * 60 + second - offset * 60
  const ms = seconds * 1000 + milliseconds(text, at)
  // The usual case: what came is written the way we write it.
  const plain = text.charCodeAt(end - 1) === 90 && text.charCodeAt(10) === 84 && end <= 30
  if (plain && (at === 19 || text.charCodeAt(at - 1) !== 48)) return { text, ms }
  const fraction = text.slice(20, Math.min(at, 29))
  const whole = new Date(seconds * 1000).toISOString()
  if (whole.length !== 24) return undefined
  const trimmed = fraction.replace(/0+$/, '')
  return { text: `${whole.slice(0, 19)}${trimmed === '' ? '' : `.${trimmed}`}Z`, ms }
}

/** Of the fraction that ends at `end`. */
const milliseconds = (text: string, end: number): number =>
  end === 19 ? 0 : end === 21 ? digits(text, 20, 1) * 100 : end === 22 ? digits(text, 20, 2) * 10 : digits(text, 20, 3)

/** -1 if one of them is none. */
function digits(text: string, from: number, count: number): number {
  let number = 0
  for (let i = from; i < from + count; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return -1
    number = number * 10 + digit
  }
  return number
}

const separated = (text: string): boolean =>
  text.charCodeAt(4) === 45 && text.charCodeAt(7) === 45 && (text.charCodeAt(10) | 32) === 116 &&
  text.charCodeAt(13) === 58 && text.charCodeAt(16) === 58

/** Minutes east of Greenwich. */
function zone(text: string, at: number): number | undefined {
  if ((text.charCodeAt(at) | 32) === 122) return at + 1 === text.length ? 0 : undefined
  const sign = text[at] === '+' ? 1 : text[at] === '-' ? -1 : undefined
  const hours = digits(text, at + 1, 2)
  const minutes = digits(text, at + 4, 2)
  if (sign === undefined || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return undefined
  return text[at + 3] === ':' && at + 6 === text.length ? sign * (hours * 60 + minutes) : undefined
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]

const daysIn = (year: number, month: number): number => month === 2 && isLeap(year) ? 29 : monthDays[month - 1]!

/** Days since the first of January 1970. */
function days(year: number, month: number, day: number): number {
  const years = year - 1
  const leaps = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400)
  return years * 365 + leaps - 719_162 + daysBefore[month - 1]! + (month > 2 && isLeap(year) ? 1 : 0) + day - 1
}

/** UUIDs of version 7: they sort by their time. Time and chance are handed in. */
import { hashLabels, mix, type LabelHash } from './fingerprint.ts'
import { lineOf, putHex, textOf } from './hex.ts'
import type { Labels } from './labels.ts'

/** `ms` is milliseconds since 1970; of `random` the first ten bytes are used. */
export function uuidv7(ms: number, random: Uint8Array): string {
  if (random.length < 10) throw new RangeError(`a UUID needs 10 random bytes, not ${random.length}`)
  const word = (i: number): number => random[i]! << 8 | random[i + 1]!
  return write(ms, word(0), word(2), word(4), word(6), word(8))
}

export const isUuid = (text: string): boolean => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text)

/**
 * The id of an episode: the same on every server, and after every replay. Its time is the alert's own; what is chance in
 * other ids is here 74 bits of a hash over the labels, their fingerprint, and the start as text, to the nanosecond.
 */
export const episodeId = (alert: { labels: Labels; startsAt: string; startsAtMs: number }): string =>
  episodeOf(hashLabels(alert.labels), alert.startsAt, alert.startsAtMs)

export function episodeOf(hash: LabelHash, startsAt: string, startsAtMs: number): string {
  let a = hash.more ^ hash.high
  let b = hash.again ^ hash.low
  for (let i = 0; i < startsAt.length; i++) {
    const unit = startsAt.charCodeAt(i)
    a = Math.imul((a << 5 | a >>> 27) ^ unit, 0x9e3779b1)
    b = Math.imul((b << 11 | b >>> 21) ^ unit, 0x85ebca77)
  }
  const x = mix(a ^ hash.low)
  const y = mix(b ^ x)
  const z = mix(a ^ Math.imul(y, 0x9e3779b1))
  return write(startsAtMs, z & 0xfff, x >>> 16, x & 0xffff, y >>> 16, y & 0xffff)
}

const line = lineOf('00000000-0000-7000-8000-000000000000')

/** A time before 1970 is written as 1970. */
function write(ms: number, a: number, b: number, c: number, d: number, e: number): string {
  const time = ms > 0 ? Math.min(Math.floor(ms), 2 ** 48 - 1) : 0
  const seconds = Math.floor(time / 0x10000)
  putHex(line, 0, seconds >>> 16)
  putHex(line, 4, seconds)
  putHex(line, 9, time % 0x10000)
  putHex(line, 14, 0x7000 | a & 0xfff)
  putHex(line, 19, 0x8000 | b & 0x3fff)
  putHex(line, 24, c)
  putHex(line, 28, d)
  putHex(line, 32, e)
  return textOf(line)
}

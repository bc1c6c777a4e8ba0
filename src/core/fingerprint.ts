/**
 * What tells alerts apart. The fingerprint is Prometheus's own: FNV-1a over the labels in order of their names. It is
 * computed here, never taken from a sender, and it is no proof against people who construct collisions: the identity
 * of an episode therefore adds a second, unrelated hash.
 */
import { lineOf, putHex, textOf } from './hex.ts'
import type { Labels } from './labels.ts'

/** FNV-1a 64 over name, 0xFF, value, 0xFF of each label, names in the order of their bytes: 16 hex digits. */
export const fingerprint = (labels: Labels): string => fingerprintText(hashLabels(labels))

export interface LabelHash {
  /** FNV-1a 64, as two halves. */
  readonly high: number
  readonly low: number
  /** Two more words of 32 bits, of a different kind. */
  readonly more: number
  readonly again: number
  /** Whether a text has half of a surrogate pair, which no UTF-8 can hold. */
  readonly broken: boolean
}

const line = lineOf('0'.repeat(16))

export const fingerprintText = ({ high, low }: LabelHash): string => {
  putHex(line, 0, high >>> 16)
  putHex(line, 4, high)
  putHex(line, 8, low >>> 16)
  putHex(line, 12, low)
  return textOf(line)
}

export const hashLabels = (labels: Labels): LabelHash => hashFlat([...labels].flat())

/** The same of names and values in turn, in any order. */
export function hashFlat(flat: readonly string[]): LabelHash {
  let sorted = true
  for (let i = 2; i < flat.length; i += 2) if (flat[i]! < flat[i - 2]!) sorted = false
  if (sorted) {
    const hash = hashBytes(flat)
    if (hash.ascii) return hash
  }
  const pairs = flat.flatMap((name, i) => i % 2 === 0 ? [[name, flat[i + 1]!] as const] : [])
  const parts = pairs.sort(([a], [b]) => compareBytes(a, b)).flat()
  if (!sorted) {
    const hash = hashBytes(parts)
    if (hash.ascii) return hash
  }
  return { ...hashBytes(parts.map(utf8)), broken: !parts.every((part) => part.isWellFormed()) }
}

/** As Go compares strings: by their bytes in UTF-8, which is by code point. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // Surrogates stand for what lies above all else.
    const lifted = (unit: number): number => unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
    return lifted(x) - lifted(y)
  }
  return a.length - b.length
}

/**
 * Each text has one byte to a character. 64-bit arithmetic in 32-bit steps: the prime is 2^40 + 435, so a product is the
 * number times 435 plus the number shifted by 40. The two other words run beside it for nothing, since each step waits
 * for the last one anyway.
 */
function hashBytes(parts: readonly string[]): LabelHash & { readonly ascii: boolean } {
  let high = 0xcbf29ce4 | 0
  let low = 0x84222325 | 0
  let more = 0x243f6a88
  let again = 0x13198a2e
  let seen = 0
  for (let p = 0; p < parts.length; p++) {
    const part = parts[p]!
    for (let i = 0; i <= part.length; i++) {
      // Every text ends with a byte that occurs in no UTF-8.
      const byte = i < part.length ? part.charCodeAt(i) : 0xff
      if (i < part.length) seen |= byte
      low ^= byte
      const carry = (Math.imul(low >>> 16, 435) + (Math.imul(low & 0xffff, 435) >>> 16)) >>> 16
      high = (Math.imul(high, 435) + (low << 8) + carry) | 0
      low = Math.imul(low, 435)
      more = Math.imul(more ^ byte, 0x85ebca6b)
      again = Math.imul((again << 7 | again >>> 25) ^ byte, 0xc2b2ae35)
    }
    more ^= more >>> 15
  }
  return { high, low, more: mix(more), again: mix(again), ascii: seen < 0x80, broken: false }
}

/** Spreads every bit over all 32 (the end of MurmurHash3). */
export function mix(word: number): number {
  let x = word ^ word >>> 16
  x = Math.imul(x, 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return x ^ x >>> 16
}

/** The bytes, one to a character. Half of a surrogate pair becomes U+FFFD, as in Go and in every encoder. */
function utf8(text: string): string {
  let bytes = ''
  for (const character of text.toWellFormed()) {
    const point = character.codePointAt(0)!
    if (point < 0x80) bytes += character
    else if (point < 0x800) bytes += String.fromCharCode(0xc0 | point >> 6, 0x80 | point & 63)
    else if (point < 0x10000) bytes += String.fromCharCode(0xe0 | point >> 12, 0x80 | point >> 6 & 63, 0x80 | point & 63)
    else bytes += String.fromCharCode(0xf0 | point >> 18, 0x80 | point >> 12 & 63, 0x80 | point >> 6 & 63, 0x80 | point & 63)
  }
  return bytes
}

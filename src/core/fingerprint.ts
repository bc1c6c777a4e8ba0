/**
 * What tells alerts apart. The fingerprint is Prometheus's own: FNV-1a over the labels in order of their names. It is
 * computed here, never taken from a sender, and it is no proof against people who construct collisions: the identity
 * of an episode therefore adds a second, unrelated hash.
 */
import type { Labels } from './labels.ts'

/** FNV-1a 64 over name, 0xFF, value, 0xFF of each label, names in the order of their bytes: 16 hex digits. */
export const fingerprint = (labels: Labels): string => fingerprintText(hashLabels(labels))

export interface LabelHash {
  /** FNV-1a 64, as two halves. */
  readonly high: number
  readonly low: number
  /** Three more words of 32 bits, of a different kind. */
  readonly more: readonly [number, number, number]
  /** Whether a text has half of a surrogate pair, which no UTF-8 can hold. */
  readonly broken: boolean
}

export const fingerprintText = ({ high, low }: LabelHash): string =>
  hex4[high >>> 16]! + hex4[high & 0xffff]! + hex4[low >>> 16]! + hex4[low & 0xffff]!

/** Four hex digits by number. */
export const hex4: readonly string[] = Array.from({ length: 0x10000 }, (_, i) => i.toString(16).padStart(4, '0'))

export function hashLabels(labels: Labels): LabelHash {
  const parts: string[] = []
  let before = ''
  let sorted = true
  labels.forEach((value, name) => {
    if (name < before) sorted = false
    before = name
    parts.push(name, value)
  })
  if (sorted) {
    const hash = hashParts(parts)
    // UTF-16 and UTF-8 order text alike below the surrogates.
    if (hash.ascii) return hash
  }
  return hashParts([...labels].sort(([a], [b]) => compareBytes(a, b)).flat())
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
 * 64-bit arithmetic in 32-bit steps: the prime is 2^40 + 435, so a product is the number times 435 plus the number
 * shifted by 40. The other three words run beside it for nothing, since each step waits for the last one anyway.
 */
function hashParts(parts: readonly string[]): LabelHash & { readonly ascii: boolean } {
  let high = 0xcbf29ce4 | 0
  let low = 0x84222325 | 0
  let a = 0x243f6a88
  let b = 0x13198a2e
  let c = 0x29f31d00
  let ascii = true
  let broken = false
  for (let p = 0; p < parts.length; p++) {
    const part = parts[p]!
    for (let i = 0; i <= part.length; i++) {
      // Every text ends with 0xFF, which occurs in no UTF-8.
      let unit = i === part.length ? 0xff : part.charCodeAt(i)
      if (unit >= 0x80 && i < part.length) {
        ascii = false
        const point = part.codePointAt(i)!
        if (point > 0xffff) i++
        else if (point >= 0xd800 && point <= 0xdfff) broken = true
        const bytes = utf8(point)
        for (let n = 0; n < bytes.length - 1; n++) {
          low ^= bytes[n]!
          const t = (low & 0xffff) * 435
          const u = (low >>> 16) * 435 + (t >>> 16)
          high = (Math.imul(high, 435) + (u >>> 16) + (low << 8)) | 0
          low = (u << 16) | (t & 0xffff)
        }
        unit = bytes[bytes.length - 1]!
        a = Math.imul(a ^ point, 0x9e3779b1)
      }
      low ^= unit
      const t = (low & 0xffff) * 435
      const u = (low >>> 16) * 435 + (t >>> 16)
      high = (Math.imul(high, 435) + (u >>> 16) + (low << 8)) | 0
      low = (u << 16) | (t & 0xffff)
      a = Math.imul(a ^ unit, 0x85ebca6b)
      a ^= a >>> 15
      b = Math.imul((b << 7 | b >>> 25) ^ unit, 0xc2b2ae35)
      c = Math.imul((c ^ c >>> 13) + unit, 0x27d4eb2f)
    }
  }
  return { high, low, more: [mix(a ^ c), mix(b ^ a), mix(c ^ b)], ascii, broken }
}

/** Spreads every bit over all 32 (the end of MurmurHash3). */
export function mix(word: number): number {
  let x = word ^ word >>> 16
  x = Math.imul(x, 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return x ^ x >>> 16
}

/** Half of a surrogate pair becomes U+FFFD, as in Go and in every encoder. */
function utf8(point: number): readonly number[] {
  const sound = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point
  if (sound < 0x800) return [0xc0 | sound >> 6, 0x80 | sound & 63]
  if (sound < 0x10000) return [0xe0 | sound >> 12, 0x80 | sound >> 6 & 63, 0x80 | sound & 63]
  return [0xf0 | sound >> 18, 0x80 | sound >> 12 & 63, 0x80 | sound >> 6 & 63, 0x80 | sound & 63]
}

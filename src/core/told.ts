/**
 * The labels and annotations of one alert, within bounds. Labels decide what is touched: over a bound the alert is
 * refused, by the label's name. Annotations only tell people something: over a bound they are cut, and say so.
 * An alert within these bounds fits into one entry of the log, written as JSON.
 */
import type { Labels } from './labels.ts'

export const bounds = {
  labels: 256,
  /** Of a label or annotation. Characters. */
  name: 1024,
  /** Of a label. Bytes of UTF-8. */
  value: 65_536,
  /** All labels of an alert as JSON. Bytes. */
  allLabels: 98_304,
  annotations: 128,
  /** Of an annotation. Characters. */
  annotation: 16_384,
  /** All annotations of an alert as JSON. Bytes. */
  allAnnotations: 49_152,
} as const

/** A character becomes at most this many bytes in JSON: `\u0000`. */
const widest = 6

/** Names and values in turn, in the order in which they came. An empty value is the same as no label. */
export function labelsOf(json: unknown): readonly string[] | { field: string; problem: string } {
  if (!isObject(json)) return { field: 'labels', problem: 'must be an object of texts' }
  const flat: string[] = []
  let characters = 0
  // Own names only: `__proto__` came as an own name and is read as one.
  for (const name in json) {
    const value = json[name]
    if (typeof value !== 'string') return { field: fieldOf(name), problem: 'must be text' }
    if (value === '') continue
    if (name === '' || name.length > bounds.name) {
      return { field: fieldOf(name), problem: `a label's name must have 1 to ${bounds.name} characters` }
    }
    characters += name.length + value.length
    if (value.length * 3 > bounds.value && utf8Size(value) > bounds.value) {
      return { field: fieldOf(name), problem: `has ${utf8Size(value)} bytes; at most ${bounds.value}` }
    }
    flat.push(name, value)
  }
  const count = flat.length / 2
  if (count === 0) return { field: 'labels', problem: 'there must be at least one label' }
  if (count > bounds.labels) return { field: 'labels', problem: `there are ${count} labels; at most ${bounds.labels}` }
  if (characters * widest > bounds.allLabels && sizeOf(flat) > bounds.allLabels) {
    return { field: 'labels', problem: `are ${sizeOf(flat)} bytes together; at most ${bounds.allLabels}` }
  }
  return flat
}

const fieldOf = (name: string): string => `labels.${cut(name, 80)}`

export function annotationsOf(json: unknown): Labels {
  const annotations = new Map<string, string>()
  if (!isObject(json)) return annotations
  let characters = 0
  let left = bounds.annotations
  for (const name in json) {
    if (left-- === 0) break
    const value = annotationText(json[name])
    characters += name.length + value.length
    annotations.set(name, value)
  }
  return characters * widest > bounds.allAnnotations ? within(annotations) : annotations
}

const isObject = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

function annotationText(told: unknown): string {
  if (typeof told === 'string') return cut(told, bounds.annotation)
  return typeof told === 'number' || typeof told === 'boolean' ? String(told) : '[not text]'
}

/** Those that came first are kept whole, as far as they fit. */
function within(annotations: Labels): Labels {
  const kept = new Map<string, string>()
  let size = 0
  for (const [name, value] of annotations) {
    for (const text of [value, '[cut]']) {
      const more = jsonSize(name) + jsonSize(text) + 2
      if (size + more > bounds.allAnnotations || name.length > bounds.name) continue
      kept.set(name, text)
      // What is cut counts like what it was: read a second time, the same things are cut.
      size += more
      break
    }
  }
  return kept
}

/** The text, or its beginning with a mark that says how long it was: never more than `limit` characters. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  const mark = `… [cut from ${text.length} characters]`
  return `${text.slice(0, limit - mark.length).toWellFormed()}${mark}`
}

/** Of names and values in turn: each with its colon or comma. */
const sizeOf = (flat: readonly string[]): number => flat.reduce((size, text) => size + jsonSize(text) + 1, 0)

/** Bytes of a text as JSON writes it, with its quotes. */
function jsonSize(text: string): number {
  let size = 2
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20) size += unit === 8 || unit === 9 || unit === 10 || unit === 12 || unit === 13 ? 2 : 6
    else if (unit === 0x22 || unit === 0x5c) size += 2
    else size += unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit >= 0xd800 && unit <= 0xdfff ? surrogateSize(text, i) : 3
  }
  return size
}

/** A whole pair is four bytes, two for each half; a half alone is escaped. */
function surrogateSize(text: string, at: number): number {
  const unit = text.charCodeAt(at)
  const other = text.charCodeAt(unit < 0xdc00 ? at + 1 : at - 1)
  const whole = unit < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other < 0xdc00
  return whole ? 2 : 6
}

/** Bytes of a text in UTF-8. */
export function utf8Size(text: string): number {
  let size = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) size += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2
  }
  return size
}

/**
 * Who takes a piece of due work first. Every process ranks every other one alike, without a word between them, and when
 * one goes or comes only its own share moves (rendezvous hashing). It saves racing; nothing safe rests on it.
 */
import { mix } from './fingerprint.ts'

/** The processes, the preferred one first. The order in which they are handed in does not matter. */
export function preferred(item: string, processes: readonly string[]): string[] {
  const seed = textHash(item)
  return processes.map((name) => ({ name, weight: weight(seed, name) })).sort(heavier).map(({ name }) => name)
}

/** The place of one process among them, from 0, without making a list. One that is not among them comes last. */
export function rank(item: string, own: string, processes: readonly string[]): number {
  if (!processes.includes(own)) return processes.length
  const seed = textHash(item)
  const mine = { name: own, weight: weight(seed, own) }
  let place = 0
  for (const name of processes) if (heavier({ name, weight: weight(seed, name) }, mine) < 0) place++
  return place
}

const heavier = (a: Weighed, b: Weighed): number => b.weight - a.weight || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

interface Weighed {
  readonly name: string
  readonly weight: number
}

const weight = (seed: number, process: string): number => mix(seed ^ Math.imul(textHash(process), 0x9e3779b1)) >>> 0

/** Spread over 32 bits, alike everywhere and for ever. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul((hash << 5 | hash >>> 27) ^ text.charCodeAt(i), 0x01000193)
  return mix(hash)
}

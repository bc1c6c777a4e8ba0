/**
 * YAML as a tree that knows its lines, with bounds: no file larger than 8 MB, no depth over 32, and no aliases that
 * unfold to more than a million nodes. What YAML allows and nobody here needs (tags, several documents, keys that are
 * not text) is refused by name.
 */
import { CORE_SCHEMA, EVENT_ID, SCALAR_STYLE, YAMLException, getScalarValue, parseEvents, type Event } from 'js-yaml'
import type { Problem } from './problem.ts'

export interface YamlNode {
  readonly kind: 'map' | 'list' | 'scalar'
  readonly line: number
  /** Where the text of a scalar lies in the file; without quotes around it, `plain`. */
  readonly start: number
  readonly end: number
  readonly plain: boolean
  /** A scalar's value, or what the tree below means. */
  value: unknown
  readonly map: Map<string, { readonly keyLine: number; readonly node: YamlNode }>
  readonly list: YamlNode[]
  /** Nodes that it stands for when every alias is written out. */
  size: number
}

const largestBytes = 8 << 20
const mostNodes = 1_000_000
const mostAliases = 1000

/** The tree, or the problems that kept it from being one. An empty file is an empty map. */
export function readYaml(path: string, text: string): { root?: YamlNode; problems: Problem[] } {
  if (text.length > largestBytes) return { problems: [{ path, line: 1, message: 'is larger than 8 MB: split or shorten it' }] }
  try {
    return new Composer(path, text).compose(parseEvents(text, { filename: path, maxDepth: 32 }))
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    return { problems: [{ path, line: (error.mark?.line ?? 0) + 1, message: `is not YAML: ${error.reason}${quotingHint(error)}` }] }
  }
}

/** Brackets and braces of a regular expression end a flow list's plain text; the parser's words would not tell. */
function quotingHint({ mark }: YAMLException): string {
  const line = mark?.buffer.split('\n')[mark.line] ?? ''
  return /[=!]~|="/.test(line) ? '; put a matcher that holds brackets, braces, " #" or ": " in single quotes' : ''
}

class Composer {
  readonly #path: string
  readonly #text: string
  readonly #problems: Problem[] = []
  readonly #anchors = new Map<string, YamlNode>()
  readonly #lineStarts: number[] = [0]
  #aliases = 0
  #next = 0
  #lastLine = 1

  constructor(path: string, text: string) {
    this.#path = path
    this.#text = text
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1)
  }

  compose(events: Event[]): { root?: YamlNode; problems: Problem[] } {
    const documents = events.filter(({ type }) => type === EVENT_ID.DOCUMENT).length
    if (documents > 1) this.#say(1, 'holds several documents: write one file each')
    this.#next = 1
    const root = documents === 0 ? this.#make('map', 1) : this.#node(events)
    if (root === undefined || this.#problems.length > 0) return { problems: this.#problems }
    return { root: isEmpty(root) ? this.#make('map', 1) : root, problems: [] }
  }

  #node(events: Event[]): YamlNode | undefined {
    const event = events[this.#next++]
    if (event === undefined || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) return undefined
    if (event.type === EVENT_ID.ALIAS) return this.#alias(this.#text.slice(event.anchorStart, event.anchorEnd), event.anchorStart)
    const node =
      event.type === EVENT_ID.SCALAR ? this.#scalar(event)
      : event.type === EVENT_ID.SEQUENCE ? this.#list(events, this.#make('list', this.#line(event.start)))
      : this.#map(events, this.#make('map', this.#line(event.start)))
    if (event.tagStart !== -1) this.#say(node.line, `has the tag ${this.#text.slice(event.tagStart, event.tagEnd)}: write the plain value`)
    if (event.anchorStart !== -1) this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), node)
    return node
  }

  #scalar(event: Event & { type: typeof EVENT_ID.SCALAR }): YamlNode {
    const text = getScalarValue(this.#text, event)
    const plain = event.style === SCALAR_STYLE.PLAIN
    if (event.valueStart > 0) this.#lastLine = this.#line(event.valueStart)
    const node = this.#make('scalar', this.#lastLine, { start: event.valueStart, end: event.valueEnd, plain })
    node.value = plain ? CORE_SCHEMA.resolveImplicitScalarTag(text).value : text
    return node
  }

  #list(events: Event[], into: YamlNode): YamlNode {
    for (let item = this.#node(events); item !== undefined; item = this.#node(events)) this.#grow(into, item, () => into.list.push(item))
    into.value = into.list.map(({ value }) => value)
    return into
  }

  #map(events: Event[], into: YamlNode): YamlNode {
    for (let key = this.#node(events); key !== undefined; key = this.#node(events)) {
      const node = this.#node(events)
      if (node === undefined) break
      const name = key.kind === 'scalar' && key.plain ? this.#text.slice(key.start, key.end) : key.value
      if (key.kind !== 'scalar' || typeof name !== 'string') this.#say(key.line, 'has a key that is not text')
      else if (name === '__proto__') this.#say(key.line, 'a key may not be __proto__')
      else if (into.map.has(name)) this.#say(key.line, `names ${name} twice; the first is on line ${into.map.get(name)!.keyLine}`)
      else this.#grow(into, node, () => into.map.set(name, { keyLine: key.line, node }))
    }
    into.value = Object.fromEntries([...into.map].map(([name, { node }]) => [name, node.value]))
    return into
  }

  #alias(name: string, at: number): YamlNode {
    const line = this.#line(at)
    const known = this.#anchors.get(name)
    if (known === undefined) this.#say(line, `*${name} stands for nothing: no &${name} ends before it`)
    if (++this.#aliases === mostAliases) this.#say(line, `has ${mostAliases} aliases or more: write them out`)
    return known ?? this.#make('scalar', line)
  }

  #grow(into: YamlNode, node: YamlNode, add: () => unknown): void {
    const before = into.size
    into.size += node.size
    if (into.size <= mostNodes) add()
    else if (before <= mostNodes) this.#say(into.line, `unfolds to more than ${mostNodes} values: use fewer aliases`)
  }

  #make(kind: YamlNode['kind'], line: number, at = { start: -1, end: -1, plain: false }): YamlNode {
    const value = kind === 'map' ? {} : kind === 'list' ? [] : null
    return { kind, line, ...at, value, map: new Map(), list: [], size: 1 }
  }

  #say(line: number, message: string): void {
    this.#problems.push({ path: this.#path, line, message })
  }

  #line(offset: number): number {
    let [low, high] = [0, this.#lineStarts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.#lineStarts[middle]! <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}

const isEmpty = (node: YamlNode): boolean => node.kind === 'scalar' && node.value === null

/** The line of what a path leads to; where it leads nowhere, of the last thing on the way that is there. */
export function lineAt(root: YamlNode, path: readonly PropertyKey[]): number {
  let [node, line] = [root, root.line]
  for (const step of path) {
    const found = typeof step === 'number' ? node.list[step] : node.map.get(String(step))
    if (found === undefined) break
    const below = 'node' in found ? found : { keyLine: found.line, node: found }
    node = below.node
    line = below.keyLine
  }
  return line
}

/** How values are read: the same from a file, where they have types, and from environment and flags, where they are text. */
import { durationProblem, parseDuration } from '../core/duration.ts'
import { parseMatchers } from '../core/matcher.ts'

export interface Fault {
  /** Inside the value, for lists and maps. */
  readonly at: readonly PropertyKey[]
  readonly message: string
}
export type Parsed<T> = { readonly value: T } | { readonly faults: readonly Fault[] }

export interface Kind<T> {
  /** What people should write, for docs and `--help`. */
  readonly form: string
  parse(given: unknown): Parsed<T>
  /** Written back for `paramedic config`; plain text, or JSON for lists. */
  show?(value: T): string
}

export const fault = (message: string, at: readonly PropertyKey[] = []): { faults: Fault[] } => ({ faults: [{ at, message }] })

export const tell = (given: unknown): string => {
  if (given === null || given === undefined) return 'nothing'
  if (Array.isArray(given)) return 'a list'
  return typeof given === 'object' ? 'a map' : JSON.stringify(given)
}

export const text: Kind<string> = {
  form: 'TEXT',
  parse: (given) => typeof given === 'string' && given.trim() !== '' && !/[\0\r\n]/.test(given)
    ? { value: given.trim() }
    : fault(`must be one line of text, not ${tell(given)}`),
}

export const path: Kind<string> = { form: 'PATH', parse: text.parse }

export const flag: Kind<boolean> = {
  form: 'true|false',
  parse: (given) => given === true || given === 'true' ? { value: true }
    : given === false || given === 'false' ? { value: false } : fault(`must be true or false, not ${tell(given)}`),
}

/** Milliseconds. */
export const duration: Kind<number> = {
  form: 'DURATION',
  parse(given) {
    const ms = typeof given === 'string' ? parseDuration(given.trim()) : undefined
    return ms === undefined ? fault(`${durationProblem}, not ${tell(given)}`) : { value: ms }
  },
}

/** A whole number within these bounds. */
export const whole = (least: number, most: number): Kind<number> => ({
  form: `${least}…${most}`,
  parse(given) {
    const value = typeof given === 'string' && /^\d+$/.test(given.trim()) ? Number(given) : given
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most
      ? { value } : fault(`must be a whole number from ${least} to ${most}, not ${tell(given)}`)
  },
})

/** Words in a list in a file, between commas elsewhere. */
export const list: Kind<readonly string[]> = {
  form: 'WORD,…',
  parse(given) {
    const words: readonly unknown[] = typeof given === 'string' ? given.split(',').map((word) => word.trim()) : Array.isArray(given) ? given : []
    if (words.length === 0) return fault(`must be a list of words, not ${tell(given)}`)
    const faults = words.flatMap((word, index) => (typeof word === 'string' && /^[!-~]+$/.test(word) ? [] : fault(`must be one word, not ${tell(word)}`, [index]).faults))
    return faults.length > 0 ? { faults } : { value: words as string[] }
  },
  show: (value) => value.join(','),
}

/** Matchers in Alertmanager's notation: in a list in a file, as one text elsewhere. */
export const matcherList: Kind<readonly string[]> = {
  form: 'MATCHER,…',
  parse(given) {
    const texts: readonly unknown[] = typeof given === 'string' ? [given] : Array.isArray(given) ? given : []
    if (texts.length === 0 || !texts.every((text) => typeof text === 'string')) return fault(`must be a list of matchers such as target=~"db-.*", not ${tell(given)}`)
    try {
      return { value: parseMatchers(texts as string[]).list.map(({ text }) => text) }
    } catch (problem) {
      return fault(`cannot be read: ${(problem as Error).message}`)
    }
  },
  show: (value) => value.join(','),
}

/** A map of words in a file, NAME=WORD,… elsewhere. */
export const mapOf = <const T extends string>(...words: readonly T[]): Kind<Readonly<Record<string, T>>> => ({
  form: `{ NAME: ${words.join('|')} }`,
  parse(given) {
    const pairs = typeof given === 'string' ? given.split(',').map((pair) => pair.split('=').map((part) => part.trim()))
      : typeof given === 'object' && given !== null && !Array.isArray(given) ? Object.entries(given) : undefined
    if (pairs === undefined) return fault(`must be a map from names to ${words.join(', ')}, not ${tell(given)}`)
    const faults = pairs.flatMap(([name = '', word]) => (words.includes(word as T) ? [] : fault(`must be one of ${words.join(', ')}, not ${tell(word)}`, [name]).faults))
    return faults.length > 0 ? { faults } : { value: Object.fromEntries(pairs) as Record<string, T> }
  },
  show: (value) => JSON.stringify(value),
})

export const oneOf = <const T extends string>(...words: readonly T[]): Kind<T> => ({
  form: words.join('|'),
  parse(given) {
    const word = words.find((one) => one === given)
    return word === undefined ? fault(`must be one of ${words.join(', ')}, not ${tell(given)}`) : { value: word }
  },
})

/** A list in a file, words between spaces or commas elsewhere. */
export const someOf = <const T extends string>(...words: readonly T[]): Kind<readonly T[]> => ({
  form: `of ${words.join(' ')}`,
  parse(given) {
    const list: readonly unknown[] = typeof given === 'string' ? given.split(/[\s,]+/).filter(Boolean) : Array.isArray(given) ? given : []
    if (list.length === 0) return fault(`must be a list of ${words.join(', ')}, not ${tell(given)}`)
    const faults = list.flatMap((one, index) => words.includes(one as T) ? [] : fault(`must be one of ${words.join(', ')}, not ${tell(one)}`, [index]).faults)
    return faults.length > 0 ? { faults } : { value: words.filter((word) => list.includes(word)) }
  },
})

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** `HOST:PORT`, `[IPv6]:PORT`, `:PORT` for every address. Port 0 takes any free one. */
export const hostPort: Kind<HostPort> = {
  form: 'HOST:PORT',
  parse(given) {
    const found = typeof given === 'string' ? /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]*)):(\d{1,5})$/.exec(given.trim()) : null
    if (found === null || Number(found[3]) > 65_535) return fault(`must be HOST:PORT such as 127.0.0.1:9095, not ${tell(given)}`)
    return { value: { host: (found[1] ?? found[2]) || '0.0.0.0', port: Number(found[3]) } }
  },
  show: ({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`,
}

/** An http(s) address without path, query or password; no slash at its end. */
export const origin: Kind<string> = {
  form: 'URL',
  parse(given) {
    const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined
    const plain = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
    return plain ? { value: url.href.replace(/\/+$/, '') } : fault(`must be a URL such as http://10.0.0.5:9095, without a password, not ${tell(given)}`)
  },
}

export type LogAddress =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'kafka'; readonly brokers: readonly string[]; readonly prefix: string }

const kafkaPattern = /^kafka:\/\/([^/\s]+)\/([A-Za-z0-9._-]{1,200})$/

export const logAddress: Kind<LogAddress> = {
  form: 'memory: | sqlite:PATH | kafka://HOST:PORT[,HOST:PORT…]/PREFIX',
  parse(given) {
    if (given === 'memory:') return { value: { kind: 'memory' } }
    if (typeof given === 'string' && /^sqlite:./.test(given)) return { value: { kind: 'sqlite', path: given.slice('sqlite:'.length) } }
    const found = typeof given === 'string' ? kafkaPattern.exec(given) : null
    const brokers = found?.[1]?.split(',') ?? []
    if (found !== null && brokers.every((one) => /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+):\d{1,5}$/.test(one))) {
      return { value: { kind: 'kafka', brokers, prefix: found[2]! } }
    }
    return fault(`must be memory:, sqlite:PATH or kafka://HOST:PORT[,HOST:PORT…]/PREFIX, not ${tell(given)}`)
  },
  show: showLog,
}

export function showLog(log: LogAddress): string {
  switch (log.kind) {
    case 'memory': return 'memory:'
    case 'sqlite': return `sqlite:${log.path}`
    case 'kafka': return `kafka://${log.brokers.join(',')}/${log.prefix}`
  }
}

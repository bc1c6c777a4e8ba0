/** Talks to a server. What goes wrong becomes an exit code: 1 refused, 3 no server answered, 4 the time ran out. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { dialWith, type Dial, type DialFiles } from '../http/dial.ts'
import type { ProblemDocument } from '../http/errors.ts'

export interface ClientOptions {
  readonly url: string
  readonly tokenFile?: string
  readonly timeoutMs: number
  readonly tls?: DialFiles
}

export class CliError extends Error {
  readonly exit: number
  /** The server's own code, where it refused. */
  readonly code: string | undefined
  /** All that it said of it. */
  readonly problem: Readonly<Record<string, unknown>>
  constructor(exit: number, message: string, code?: string, problem: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.exit = exit
    this.code = code
    this.problem = problem
  }
}

/** The flag, then the environment, then the file that the environment names. */
function tokenOf({ tokenFile }: ClientOptions): string {
  const { PARAMEDIC_TOKEN: token, PARAMEDIC_TOKEN_FILE: named } = process.env
  const file = tokenFile ?? (token ? undefined : named)
  if (!file) return token ?? ''
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (problem) {
    throw new CliError(2, `the token's file ${file} cannot be read (${(problem as NodeJS.ErrnoException).code})`)
  }
}

interface RequestOptions {
  readonly body?: unknown
  /** Instead of the time limit, for what goes on for long. */
  readonly signal?: AbortSignal
  readonly headers?: Record<string, string>
}

const startingEveryMs = 250

/** A server that is still starting has done nothing, whatever it was asked: it is asked again. */
export async function request(options: ClientOptions, method: string, path: string, { body, signal, headers = {} }: RequestOptions = {}): Promise<Response> {
  const token = tokenOf(options)
  const dial: Dial = options.tls === undefined ? (url, asked) => fetch(url, { ...asked, redirect: 'error' }) : dialWith(options.tls)
  const within = signal ?? AbortSignal.timeout(options.timeoutMs)
  const init = {
    method, signal: within,
    headers: { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  } as const
  for (;;) {
    const response = await dial(new URL(path, `${options.url.replace(/\/*$/, '')}/`), init).catch((problem: unknown) => {
      throw unreached(options, problem)
    })
    if (response.ok) return response
    const problem = (await response.json().catch(() => ({}))) as Partial<ProblemDocument>
    if (problem.code !== 'STARTING') throw refused(options, path, { status: response.status, problem, token })
    await sleep(startingEveryMs, undefined, { signal: within }).catch(() => {
      throw new CliError(4, `${options.url} is still starting after ${options.timeoutMs / 1000} s: look at its log`)
    })
  }
}

function refused({ url }: ClientOptions, path: string, { status, problem, token }: { status: number; problem: Partial<ProblemDocument>; token: string }): CliError {
  const { title = `${url} answered ${status}`, detail = 'is this a Paramedic?', code } = problem
  const hint = status === 401 ? tokenHint(token) : code === 'NOT_FOUND' ? listHint(path) : detail.startsWith('Another role') ? roleHint : ''
  return new CliError(1, `${title}: ${detail}${hint}`, code, problem)
}

const tokenHint = (token: string): string => token === '' ? ' Name a token with --token-file, PARAMEDIC_TOKEN or PARAMEDIC_TOKEN_FILE.' : ' The one that was given is not known there, or is over.'

const roleHint = ' A stopper stops; a viewer reads; a responder also stops, denies and cancels; an operator also makes it act.'

/** Which command lists what there is of it. */
const lists: Readonly<Record<string, string>> = { workflows: 'status', stops: 'stops', episodes: 'alerts', suspensions: 'status', catalogues: 'catalog' }
const listHint = (path: string): string => {
  const list = lists[/^\/v1\/(\w+)\//.exec(path)?.[1] ?? '']
  return list === undefined ? '' : ` \`paramedic ${list}\` lists what there is.`
}

function unreached({ url, timeoutMs }: ClientOptions, problem: unknown): CliError {
  if (problem instanceof Error && problem.name === 'TimeoutError') return new CliError(4, `no answer from ${url} within ${timeoutMs / 1000} s`)
  const { path, code: unread } = problem as NodeJS.ErrnoException
  if (path !== undefined) return new CliError(2, `${path} cannot be read (${unread})`)
  const { code = '' } = ((problem as Error).cause ?? {}) as { code?: string }
  if (/CERT|SSL|TLS|UNABLE_TO_/.test(code)) return new CliError(3, `the certificate of ${url} is not trusted, or ours is not (${code}): --ca-file names whom to trust, --cert-file and --key-file what to show`)
  return new CliError(3, `no server answers at ${url}${code ? ` (${code})` : ''}: is it running? Name another with --url or PARAMEDIC_URL`)
}

export async function json<T>(options: ClientOptions, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const response = await request(options, method, path, { headers, ...(body === undefined ? {} : { body }) })
  try {
    return (await response.json()) as T
  } catch (problem) {
    throw unreached(options, problem)
  }
}

const mostItems = 10_000

/** All pages of a list, newest first. */
export async function all<T>(options: ClientOptions, path: string, query: Readonly<Record<string, string | readonly string[]>> = {}): Promise<T[]> {
  const items: T[] = []
  const parameters = new URLSearchParams(Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one] as [string, string])))
  parameters.set('limit', '500')
  for (;;) {
    const page = await json<{ items: T[]; next: string | null }>(options, 'GET', `${path}?${parameters}`)
    items.push(...page.items)
    if (page.next === null || items.length >= mostItems) return items
    parameters.set('after', page.next)
  }
}

export const idPath = (start: string, id: string, end = ''): string => `${start}/${encodeURIComponent(id)}${end}`

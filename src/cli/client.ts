/** Talks to a server. What goes wrong becomes an exit code: 1 refused, 3 no server answered, 4 the time ran out. */
import { readFileSync } from 'node:fs'
import type { ProblemDocument } from '../http/errors.ts'

export interface ClientOptions {
  readonly url: string
  readonly tokenFile?: string
  readonly timeoutMs: number
}

export class CliError extends Error {
  readonly exit: number
  /** The server's own code, where it refused. */
  readonly code: string | undefined
  constructor(exit: number, message: string, code?: string) {
    super(message)
    this.exit = exit
    this.code = code
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

/** `signal` instead of the time limit, for what goes on for long. */
export async function request(options: ClientOptions, method: string, path: string, { body, signal, headers = {} }: { body?: unknown; signal?: AbortSignal; headers?: Record<string, string> } = {}): Promise<Response> {
  const token = tokenOf(options)
  let response: Response
  try {
    response = await fetch(new URL(path, `${options.url.replace(/\/*$/, '')}/`), {
      method, redirect: 'error', signal: signal ?? AbortSignal.timeout(options.timeoutMs),
      headers: { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (problem) {
    throw unreached(options, problem)
  }
  if (response.ok) return response
  const problem = (await response.json().catch(() => ({}))) as Partial<ProblemDocument>
  const hint = response.status === 401 ? ' Name a token with --token-file, PARAMEDIC_TOKEN or PARAMEDIC_TOKEN_FILE.' : ''
  throw new CliError(1, `${problem.title ?? `${options.url} answered ${response.status}`}: ${problem.detail ?? 'is this a Paramedic?'}${hint}`, problem.code)
}

function unreached({ url, timeoutMs }: ClientOptions, problem: unknown): CliError {
  if (problem instanceof Error && problem.name === 'TimeoutError') return new CliError(4, `no answer from ${url} within ${timeoutMs / 1000} s`)
  const { code = '' } = ((problem as Error).cause ?? {}) as { code?: string }
  return new CliError(3, `no server answers at ${url}${code ? ` (${code})` : ''}: is it running? Name another with --url or PARAMEDIC_URL`)
}

export async function json<T>(options: ClientOptions, method: string, path: string, body?: unknown): Promise<T> {
  const response = await request(options, method, path, body === undefined ? {} : { body })
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

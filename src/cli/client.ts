/** Talks to a server. What goes wrong becomes an exit code: 1 refused, 3 no server answered, 4 the time ran out. */
import { readFileSync } from 'node:fs'

export interface ClientOptions {
  readonly url: string
  readonly tokenFile?: string
  readonly timeoutMs: number
}

export class CliError extends Error {
  readonly exit: number
  constructor(exit: number, message: string) {
    super(message)
    this.exit = exit
  }
}

const tokenOf = ({ tokenFile }: ClientOptions): string => {
  const file = tokenFile ?? process.env['PARAMEDIC_TOKEN_FILE']
  return file ? readFileSync(file, 'utf8').trim() : (process.env['PARAMEDIC_TOKEN'] ?? '')
}

export const request = async (options: ClientOptions, method: string, path: string, body?: unknown): Promise<Response> => {
  const token = tokenOf(options)
  try {
    const response = await fetch(new URL(path, options.url), {
      method, signal: AbortSignal.timeout(options.timeoutMs), headers: token ? { authorization: `Bearer ${token}` } : {},
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (response.ok) return response
    const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string; code?: string }
    throw new CliError(1, `${problem.code ?? response.status}: ${[problem.title, problem.detail].filter(Boolean).join('. ')}`)
  } catch (problem) {
    if (problem instanceof CliError) throw problem
    if (problem instanceof Error && problem.name === 'TimeoutError') throw new CliError(4, `no answer from ${options.url} within ${options.timeoutMs / 1000} s`)
    throw new CliError(3, `no server answers at ${options.url}: is it running? Name it with --url or PARAMEDIC_URL`)
  }
}

export const json = async <T = Record<string, unknown>>(options: ClientOptions, method: string, path: string, body?: unknown): Promise<T> =>
  (await request(options, method, path, body)).json() as Promise<T>

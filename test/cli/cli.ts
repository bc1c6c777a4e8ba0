/** The command line as people have it: a process of its own, with nothing of our environment but what is given. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { endsAfterwards } from '../flow/afterwards.ts'

export const bin = join(import.meta.dirname, '../../bin/paramedic.js')

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Where {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly node?: readonly string[]
  /** Another user than this one, which only root may say. */
  readonly uid?: number
}

const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> =>
  ({ PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: '/nowhere', ...more })

export async function paramedic(args: readonly string[], { cwd = '/', env, node = [], ...user }: Where = {}): Promise<Ran> {
  const child = spawn(process.execPath, [...node, bin, ...args], { cwd, env: environment(env), ...user, stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000, killSignal: 'SIGKILL' })
  const texts = [child.stdout, child.stderr].map((stream) => {
    const said = { text: '' }
    stream.setEncoding('utf8').on('data', (text: string) => (said.text += text))
    return said
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out: texts[0]!.text, err: texts[1]!.text }
}

export interface Server {
  readonly url: string
  readonly pid: number
  said(): string
  /** The code it ended with. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

/** `paramedic serve` on a free port, until the test ends. */
export async function startServe(t: Pick<TestContext, 'after'>, args: readonly string[], where: Where): Promise<Server> {
  const child = spawn(process.execPath, [bin, 'serve', '--listen', '127.0.0.1:0', ...args], { cwd: where.cwd, env: environment(where.env), stdio: ['ignore', 'pipe', 'pipe'] })
  endsAfterwards(child)
  let said = ''
  const exit = once(child, 'exit') as Promise<[number | null]>
  const url = await new Promise<string>((listening, fail) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
        const found = /listening on (http:\/\/[\w.:]+)/.exec(said)
        if (found) listening(found[1]!)
      })
    }
    void exit.then(([code]) => fail(new Error(`the server ended with ${code}: ${said}`)))
  })
  const end = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    child.kill(signal)
    return (await exit)[0]
  }
  t.after(async () => {
    child.kill('SIGCONT')
    await end('SIGKILL')
  })
  return { url, pid: child.pid!, said: () => said, end }
}

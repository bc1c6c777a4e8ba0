/** `paramedic watch`: follows a workflow to its end; 0 only if that was the one that was wanted. */
import { isEnd } from '../core/workflow.ts'
import type { Form } from '../http/schemas.ts'
import { CliError, idPath, json, type ClientOptions } from './client.ts'
import { liveOutput } from './live-output.ts'
import type { Cli } from './main.ts'
import { because, clean } from './out.ts'

type Workflow = Form<'Workflow'>

const everyMs = 250
/** A server that is being restarted is waited for. */
const awayMs = 30_000

export const register = ({ program, client, asJson, timeoutMs }: Cli): void => {
  program.command('watch').description('follows a workflow to its end: 0 if it healed, completed, or rehearsed when that was asked').argument('<id>', "a workflow's id, or its last six characters")
    .addHelpText('after', '\nExample:\n  paramedic watch 675e2e').action(async (id: string) => {
      process.exitCode = (await follow(client(), id, { asJson: asJson(), timeoutMs: timeoutMs() })) ? 0 : 1
    })
}

interface FollowOptions {
  readonly asJson: boolean
  readonly timeoutMs: number | undefined
}

/** Prints each moment of it, and what its steps print, until it ends; whether that was the end that was wanted. With --json it is the moments alone. */
export async function follow(options: ClientOptions, id: string, how: FollowOptions): Promise<boolean> {
  const output = liveOutput(options, id, (text) => void (text !== '' && process.stdout.write(clean(text).trimEnd().replace(/^/gm, '  | ') + '\n')))
  try {
    return await moments(options, id, how, how.asJson ? () => {} : output.seen)
  } finally {
    await output.end()
  }
}

async function moments(options: ClientOptions, id: string, { asJson, timeoutMs }: FollowOptions, seen: (workflow: Workflow) => void): Promise<boolean> {
  const over = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY)
  let [told, begun, seenAt] = [0, 1, performance.now()]
  for (;;) {
    const one = await json<Workflow>(options, 'GET', idPath('/v1/workflows', id)).catch((problem: unknown) => {
      const away = problem instanceof CliError && problem.exit === 3 && told > 0 && performance.now() - seenAt < awayMs
      if (!away) throw problem
      return undefined
    })
    if (one !== undefined) {
      seenAt = performance.now()
      const isOver = isEnd(one.state)
      const steps = asJson ? [] : stepsBegun(one, begun)
      const news = [...one.timeline.slice(told), ...steps].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
      const print = (moment: Moment): void => void process.stdout.write(asJson ? `${JSON.stringify(moment)}\n` : `${moment.at}  ${moment.state}${moment.reason || moment.detail ? `  ${because(moment)}` : ''}\n`)
      for (const moment of isOver ? news.slice(0, -1) : news) print(moment)
      seen(one)
      if (isOver) for (const last of news.slice(-1)) print(last)
      told = one.timeline.length
      begun += steps.length
      if (isOver) return one.state === 'healed' || one.state === 'completed' || (one.state === 'rehearsed' && one.mode === 'dry-run')
    }
    if (performance.now() > over) throw new CliError(4, `it has not ended within ${timeoutMs! / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

type Moment = Pick<Workflow['timeline'][number], 'at' | 'state' | 'detail' | 'reason'>

/** Of the first step the workflow's own moment tells. */
export const stepsBegun = ({ steps }: Workflow, from: number): Moment[] => {
  const begun = steps.slice(from)
  const end = begun.findIndex(({ startedAt }) => startedAt === undefined)
  return begun.slice(0, end === -1 ? undefined : end).map(({ name, startedAt }) => ({ at: startedAt!, state: 'running', detail: name }))
}

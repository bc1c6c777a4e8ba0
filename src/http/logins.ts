/** Refused logins, for the log: gathered, so that whoever tries a million passwords writes one entry in ten seconds. */
import type { IncomingMessage } from 'node:http'
import type { RefusedLogin } from '../core/entry.ts'
import { UpgradeUnfinished } from '../core/upgrade.ts'
import { Refusal, type Code } from './errors.ts'
import type { Ports } from './ports.ts'

const gatherMs = 10_000
const durableWithinMs = 5000
/** Told one by one; of the rest only how many. */
const mostTold = 20

const ofLogins: readonly Code[] = ['UNAUTHORIZED', 'FORBIDDEN', 'BAD_SIGNATURE']

export const createLogins = ({ ports, everyMs = gatherMs, onProblem }: { ports: () => Pick<Ports, 'append'> | undefined; everyMs?: number | undefined; onProblem: (problem: unknown) => void }) => {
  const gathered = new Map<string, RefusedLogin & { times: number }>()
  let times = 0
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const write = (): void => {
    timer = undefined
    const log = ports()
    if (times === 0) return
    if (log === undefined) return begin()
    const fact = { kind: 'logins refused', times, some: [...gathered.values()] } as const
    gathered.clear()
    times = 0
    // Beside a server that does not know the kind they are counted in the metrics alone.
    log.append([fact], { deadlineMs: durableWithinMs }).catch((problem: unknown) => problem instanceof UpgradeUnfinished || onProblem(problem))
  }
  const begin = (): void => void (timer ??= closed ? undefined : setTimeout(write, everyMs).unref())

  return {
    /** `problem` is whatever was thrown; only what refuses a login is noted. */
    note: (problem: unknown, { socket }: IncomingMessage, call: string): void => {
      if (!(problem instanceof Refusal) || !ofLogins.includes(problem.code)) return
      times++
      const one = { from: socket.remoteAddress ?? '', call, code: problem.code, ...(problem.who === undefined ? {} : { who: problem.who }) }
      const key = JSON.stringify(one)
      const known = gathered.get(key)
      if (known) known.times++
      else if (gathered.size < mostTold) gathered.set(key, { ...one, times: 1 })
      begin()
    },
    /** What was gathered by now is written, and nothing after it. */
    close: (): void => {
      closed = true
      clearTimeout(timer)
      if (times > 0) write()
    },
  }
}
export type Logins = ReturnType<typeof createLogins>

/** Asks a replica again and again whether it is ready. Silence is a no. */
import { spawn } from 'node:child_process'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Health } from './local-words.ts'

/** Until a replica is ready for the first time it is asked this often, so that a start is seen soon. */
const firstEveryMs = 100

export interface Watched {
  readonly health: Health
  /** `{port}` and `{id}` filled in. */
  fill(text: string): string
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  became(ready: boolean): void
}

export async function watchHealth({ health, fill, env, signal, became }: Watched): Promise<void> {
  let ready = false
  let failures = 0
  while (!signal.aborted) {
    const { check, timeoutMs } = health
    const well = 'url' in check ? await answers(fill(check.url), timeoutMs, signal) : await succeeds(check.command.map(fill), env, timeoutMs, signal)
    if (signal.aborted) return
    failures = well ? 0 : failures + 1
    const now: boolean = well || (ready && failures < health.failures)
    if (now !== ready) became(now)
    ready = now
    await sleep(ready ? health.everyMs : Math.min(firstEveryMs, health.everyMs), undefined, { signal }).catch(() => undefined)
  }
}

/** A redirect is no health: who followed it would ask someone else. */
const answers = (url: string, timeoutMs: number, signal: AbortSignal): Promise<boolean> =>
  new Promise((done) => {
    const time = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const request = get(url, { agent: false, signal: time }, (response) => {
      response.resume()
      response.once('end', () => done((response.statusCode ?? 500) >= 200 && response.statusCode! < 300))
      response.on('error', () => done(false))
    })
    request.on('error', () => done(false))
    request.once('close', () => done(false))
  })

const succeeds = ([program, ...args]: string[], env: NodeJS.ProcessEnv, timeoutMs: number, signal: AbortSignal): Promise<boolean> =>
  new Promise((done) => {
    const child = spawn(program!, args, { env, stdio: 'ignore', detached: true })
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It ended this moment.
      }
    }
    const timer = setTimeout(kill, timeoutMs)
    signal.addEventListener('abort', kill, { once: true })
    const end = (well: boolean): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', kill)
      done(well)
    }
    child.on('error', () => end(false))
    child.once('exit', (code) => end(code === 0))
  })

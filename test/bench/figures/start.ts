/** From the start of a built server to the moment when it takes alerts for good, the memory that it has then, against a bare node, and what it takes of a processor while nothing happens. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { median, type Figure } from '../figure.ts'
import { folder } from '../load/processes.ts'
import { freePort } from '../../servers/ports.ts'

const root = join(import.meta.dirname, '../../..')
const patienceMs = 60_000
/** The children are up by then, and what the start left over was collected. */
const restMs = 60_000
/** Whoever asks more often takes the very processor on which it starts. */
const askEveryMs = 10
const run = promisify(execFile)

export const figure: Figure = {
  rows: [
    { name: 'start', what: 'ready to take alerts ÷ a bare node’s start (built)', unit: 'ms', goal: { atMost: 6 } },
    { name: 'memory', what: 'RSS of the server after a minute ÷ of a bare node (built)', unit: 'MB', goal: { atMost: 1.9 } },
    { name: 'idle', what: 'CPU of an idle server with its children, ticks and all, of one core (built)', unit: '%', goal: { atMost: 2 }, absolute: true },
  ],
  open: async () => {
    const resting = await startUp()
    const rested = new Promise((resolve) => setTimeout(resolve, restMs))
    return {
      round: async () => {
        await rested
        const idle = await resting.busyPercent()
        const [bare, ours]: [number[], number[]] = [[], []]
        for (let time = 0; time < 3; time++) {
          const began = performance.now()
          await run(process.execPath, ['-e', '0'])
          bare.push(performance.now() - began)
          const server = await startUp()
          ours.push(server.readyMs)
          await server.close()
        }
        const { stdout } = await run(process.execPath, ['-e', "process.stdout.write(require('fs').readFileSync('/proc/self/status'))"])
        return [{ ours: median(ours), limit: median(bare) }, { ours: resting.rss(), limit: rssOf(stdout) }, { ours: idle, limit: 1 }]
      },
      close: resting.close,
    }
  },
}

const rssOf = (status: string): number => Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024

const startUp = async () => {
  const [state, port] = [folder(), await freePort()]
  const began = performance.now()
  const child = spawn(process.execPath, [join(root, 'bin/paramedic.js'), 'serve'], {
    cwd: root, stdio: 'ignore', env: { PATH: process.env['PATH'], HOME: state, PARAMEDIC_STATE: state, PARAMEDIC_LISTEN: `127.0.0.1:${port}` },
  })
  const exited = once(child, 'exit')
  const close = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
    rmSync(state, { recursive: true, force: true, maxRetries: 20 }) // its spawner ends a moment later
  }
  while (!(await isReady(port))) {
    if (performance.now() - began > patienceMs || child.exitCode !== null) {
      await close()
      throw new Error('it does not become ready')
    }
    await new Promise((resolve) => setTimeout(resolve, askEveryMs))
  }
  return { readyMs: performance.now() - began, rss: () => rssOf(readFileSync(`/proc/${child.pid}/status`, 'utf8')), busyPercent: () => busyPercent(child.pid!), close }
}

const watchedMs = 10_000
/** Of the kernel's clock, by which it counts what a process used. */
const tickMs = 10

/** Of the process and all below it. */
const busyPercent = async (pid: number): Promise<number> => {
  const [before, began] = [usedMs(pid), performance.now()]
  await new Promise((resolve) => setTimeout(resolve, watchedMs))
  return 100 * (usedMs(pid) - before) / (performance.now() - began)
}

const usedMs = (pid: number): number => {
  const [, , ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/\(.*\)/, 'x').split(' ')
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  return tickMs * (Number(fields[11]) + Number(fields[12])) + children.map(usedMs).reduce((sum, one) => sum + one, 0)
}

const isReady = (port: number): Promise<boolean> => new Promise((resolve) => {
  request({ port, host: '127.0.0.1', path: '/readyz', agent: false }, (response) => {
    response.resume()
    resolve(response.statusCode === 200)
  }).on('error', () => resolve(false)).end()
})

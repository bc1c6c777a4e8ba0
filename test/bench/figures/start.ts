/** From the start of a built server to the moment when it takes alerts for good, and the memory that it has then; against a bare node. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { median, type Figure } from '../figure.ts'
import { folder } from '../load/processes.ts'

const root = join(import.meta.dirname, '../../..')
const patienceMs = 60_000
const run = promisify(execFile)

export const figure: Figure = {
  rows: [
    { name: 'start', what: 'ready to take alerts ÷ a bare node’s start (built)', unit: 'ms', goal: { atMost: 6 } },
    { name: 'memory', what: 'RSS of the idle server ÷ of a bare node (built)', unit: 'MB', goal: { atMost: 1.9 } },
  ],
  open: async () => ({
    round: async () => {
      const bare: number[] = []
      for (let time = 0; time < 5; time++) {
        const began = performance.now()
        await run(process.execPath, ['-e', '0'])
        bare.push(performance.now() - began)
      }
      const { stdout } = await run(process.execPath, ['-e', "process.stdout.write(require('fs').readFileSync('/proc/self/status'))"])
      const server = await startUp()
      return [{ ours: server.readyMs, limit: median(bare) }, { ours: server.rss, limit: rssOf(stdout) }]
    },
    close: async () => {},
  }),
}

const rssOf = (status: string): number => Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024

const startUp = async (): Promise<{ readyMs: number; rss: number }> => {
  const [state, port] = [folder(), await freePort()]
  const began = performance.now()
  const child = spawn(process.execPath, [join(root, 'bin/paramedic.js'), 'serve'], {
    cwd: root, stdio: 'ignore', env: { PATH: process.env['PATH'], HOME: state, PARAMEDIC_STATE: state, PARAMEDIC_LISTEN: `127.0.0.1:${port}` },
  })
  const exited = once(child, 'exit')
  try {
    while (!(await isReady(port))) {
      if (performance.now() - began > patienceMs || child.exitCode !== null) throw new Error('it does not become ready')
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    const readyMs = performance.now() - began
    // At rest: its children are up, what the start left over is collected.
    await new Promise((resolve) => setTimeout(resolve, 3000))
    return { readyMs, rss: rssOf(readFileSync(`/proc/${child.pid}/status`, 'utf8')) }
  } finally {
    child.kill('SIGTERM')
    await exited
    rmSync(state, { recursive: true, force: true })
  }
}

const isReady = (port: number): Promise<boolean> => new Promise((resolve) => {
  request({ port, host: '127.0.0.1', path: '/readyz', agent: false }, (response) => {
    response.resume()
    resolve(response.statusCode === 200)
  }).on('error', () => resolve(false)).end()
})

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

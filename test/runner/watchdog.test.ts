/** Whatever dies or freezes, what runs ends: the server, its spawner, its keeper, one by one and all at once. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { groupHomes, makeGroup, removeGroup } from '../../src/runner/kill/cgroup.ts'
import { childrenOf } from '../../src/runner/proc.ts'
import { killLeftBehind } from '../../src/runner/leftbehind.ts'
import { carriers, eventually, newWord } from '../contract/kill.ts'

const driver = fileURLToPath(new URL('driver.ts', import.meta.url))

class Server {
  readonly word = newWord()
  readonly folder: string
  readonly process: ChildProcess
  readonly said: any[] = []
  constructor(folder: string, way: string, killAfterMs = 60_000) {
    this.folder = folder
    const about = JSON.stringify({ folder, way, killAfterMs, word: this.word })
    this.process = spawn(process.execPath, [driver], { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'], DRIVER: about } })
    createInterface({ input: this.process.stdout! }).on('line', (line) => this.said.push(JSON.parse(line)))
  }
  async heard(what: string): Promise<any> {
    await eventually(`the server says ${what}`, () => this.said.some((one) => one.what === what))
    return this.said.find((one) => one.what === what)
  }
  async running(): Promise<void> {
    await this.heard('started')
    await eventually('it ticks', () => this.ticks() > 5 && carriers(this.word).length >= 3)
  }
  ticks(): number {
    return statSync(join(this.folder, 'ticks'), { throwIfNoEntry: false })?.size ?? 0
  }
  /** Its own descendants, down to the spawner: reaper, keeper, spawner. */
  above(): number[] {
    const chain: number[] = []
    for (let [pid] = childrenOf(this.process.pid!); pid !== undefined; [pid] = childrenOf(pid)) {
      chain.push(pid)
      const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')
      if (words[0] === process.execPath && words.some((word) => word.endsWith('/runner/spawner.ts'))) break
    }
    return chain
  }
  /** Where there are no groups, a next start knows what this one wrote down, which it does four times a second. */
  async writtenDown(): Promise<void> {
    await eventually('what runs is written down', () => {
      const files = readdirSync(join(this.folder, 'state')).map((name) => join(this.folder, 'state', name, 'pids')).filter((file) => existsSync(file))
      const pids = new Set(files.flatMap((file) => readFileSync(file, 'utf8').split('\n').map((line) => Number(line.split(' ')[0]))))
      return carriers(this.word).every((pid) => pids.has(pid))
    })
  }
  dead(): Promise<void> {
    return eventually('all that it ran is dead', () => carriers(this.word).length === 0)
  }
  end(): void {
    this.process.kill('SIGCONT')
    this.process.kill('SIGKILL')
    for (const pid of carriers(this.word)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch (error) {
        // It ended between the look and the kill.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
  }
}

const groups = makeGroup(groupHomes(), `paramedic-test-${process.pid}`)
if ('path' in groups) removeGroup(groups.path)
const ways = ['path' in groups ? 'cgroup' : undefined, 'subreaper'].filter((way) => way !== undefined)

for (const way of process.platform === 'linux' ? ways : [])
  describe(`the watchdog, by ${way}`, { concurrency: true }, () => {
    let root: string
    let number = 0
    before(() => void (root = mkdtempSync(join(tmpdir(), 'paramedic-watchdog-'))))
    after(() => rmSync(root, { recursive: true, force: true }))

    const withServer = (killAfterMs: number, run: (server: Server) => Promise<void>) => async () => {
      const server = new Server(mkdtempSync(join(root, `${++number}-`)), way, killAfterMs)
      try {
        await server.running()
        await run(server)
      } finally {
        server.end()
      }
    }

    test('a frozen server: all is dead after its deadline, and it learns it when it thaws', withServer(1500, async (server) => {
      server.process.kill('SIGSTOP')
      await server.dead()
      const ticks = server.ticks()
      await sleep(200)
      assert.equal(server.ticks(), ticks, 'nothing appends any more')
      server.process.kill('SIGCONT')
      assert.match((await server.heard('lost')).why, /lease is over/)
      const ended = await server.heard('ended')
      assert.equal(ended.failure, 'killed')
      await eventually('the server ends by itself', () => server.process.exitCode !== null)
    }))

    test('a server killed by -9 takes everything along', withServer(60_000, async (server) => {
      server.process.kill('SIGKILL')
      await server.dead()
    }))

    test('a spawner killed by -9: its keeper kills all, and the server is told after that', withServer(60_000, async (server) => {
      process.kill(server.above().at(-1)!, 'SIGKILL')
      const lost = await server.heard('lost')
      assert.deepEqual(carriers(server.word), [])
      assert.match(lost.why, /spawner ended/)
      assert.equal(lost.survivors, 0)
      assert.equal((await server.heard('ended')).failure, 'killed')
      await eventually('the server ends by itself', () => server.process.exitCode !== null)
    }))

    test('a keeper killed by -9: the spawner notices and ends everything', withServer(60_000, async (server) => {
      process.kill(server.above().at(-2)!, 'SIGKILL')
      await server.dead()
      await server.heard('lost')
    }))

    test('signals to the whole session end nothing', withServer(60_000, async (server) => {
      const [top] = server.above()
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.kill(-top!, name)
        for (const pid of server.above()) process.kill(pid, name)
      }
      await sleep(300)
      const ticks = server.ticks()
      await eventually('it still ticks', () => server.ticks() > ticks)
      assert.ok(!server.said.some((one) => one.what === 'lost'))
    }))

    test('all killed by -9 at once: the next start finds what was left, and kills it first', withServer(60_000, async (server) => {
      if (way !== 'cgroup') await server.writtenDown()
      // Frozen first, so that none of them can do its work when the others die.
      const all = [server.process.pid!, ...server.above()]
      for (const pid of all) process.kill(pid, 'SIGSTOP')
      for (const pid of all) process.kill(pid, 'SIGKILL')
      await eventually('the server is gone', () => server.process.signalCode !== null)
      await sleep(300)
      const left = await killLeftBehind(join(server.folder, 'state'))
      assert.deepEqual(carriers(server.word), [])
      assert.equal(left.survivors, 0)
      assert.deepEqual(readdirSync(join(server.folder, 'state')).filter((name) => name.startsWith('runner-')), [], 'its folder goes too')
    }))

    test('a start beside a server that lives leaves it alone', withServer(60_000, async (server) => {
      assert.deepEqual(await killLeftBehind(join(server.folder, 'state')), { processes: 0, survivors: 0 })
      assert.ok(carriers(server.word).length >= 3)
    }))
  })

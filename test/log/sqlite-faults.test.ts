/** What happens to a file: processes die, disks fill, pages tear, other programs look in. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, open as openFile, readFile, rename, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { LogError } from '../../src/log/log.ts'
import { entries, entry, readAll, type ContractEntry } from '../contract/log-entries.ts'
import { logFiles, refusal, type TestLog } from './log-files.ts'
import { smallDisk } from './small-disk.ts'

const script = new URL('./sqlite-child.ts', import.meta.url).pathname
const { open, fresh, folder, closeAll } = logFiles()

function startChild(path: string, mode: 'write' | 'hold'): { child: ChildProcess; lines: AsyncIterator<string> } {
  const child = spawn(process.execPath, [script, path, mode], { stdio: ['pipe', 'pipe', 'inherit'] })
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

describe('kill -9', () => {
  test('everything acknowledged is there, in whole commits, and the positions have no gap', async () => {
    const path = fresh()
    let acknowledged = -1
    for (const answers of [1, 40, 200]) {
      const { child, lines } = startChild(path, 'write')
      assert.equal((await lines.next()).value, 'open')
      for (let seen = 0; seen < answers; seen++) acknowledged = Number((await lines.next()).value)
      await killed(child)
      for (let line = await lines.next(); line.done !== true; line = await lines.next()) acknowledged = Number(line.value)

      const log = await open(path)
      const read = await readAll(log)
      assert.ok(read.length > acknowledged, `${read.length} entries, but ${acknowledged} was acknowledged`)
      assert.equal(read.length % 3, 0, 'half a commit')
      read.forEach(({ position }, index) => assert.equal(position, index))
      await log.close()
    }
  })
})

describe('a file that is taken away', () => {
  test('nothing is acknowledged while it is away, and it goes on when it is back', async () => {
    const path = fresh()
    const log = await open(path)
    await log.append([entry(1)])
    await rename(path, `${path}.away`)
    await assert.rejects(log.append([entry(2)]), refusal('LOG_UNREACHABLE', /removed or replaced/))
    await copyFile(`${path}.away`, path)
    await assert.rejects(log.append([entry(2)]), refusal('LOG_UNREACHABLE', /removed or replaced/), 'a copy is another file')
    await rename(`${path}.away`, path)
    assert.equal(await log.append([entry(2)]), 1)
  })
})

describe('one process at a time', () => {
  test('a second process is refused with the pid and host of the first', async () => {
    const path = fresh()
    const { child, lines } = startChild(path, 'hold')
    assert.equal((await lines.next()).value, 'open')
    await assert.rejects(open(path), refusal('LOG_IN_USE', new RegExp(`process ${child.pid} on ${hostname()}.*--log`)))
    await killed(child)
    await (await open(path)).close()
  })

  test('the same process is refused too, also by way of a link', async () => {
    const path = fresh()
    const log = await open(path)
    await log.append([entry(1)])
    await symlink(path, `${path}.link`)
    await assert.rejects(open(path), refusal('LOG_IN_USE', new RegExp(`this process itself \\(pid ${process.pid}\\)`)))
    await assert.rejects(open(`${path}.link`), refusal('LOG_IN_USE', /this process itself/))
    await log.append([entry(2)])
    await log.close()
  })

  test('a lock left behind is no obstacle, whoever has its pid by now', async () => {
    const path = fresh()
    const { child, lines } = startChild(path, 'hold')
    await lines.next()
    await killed(child)
    const lock = new DatabaseSync(`${path}-lock`)
    lock.prepare('UPDATE holder SET pid = ?').run(process.ppid)
    lock.close()
    await (await open(path)).close()
  })
})

describe('a damaged file', () => {
  /** A copy of a log as a crash leaves it: its last commits are in the WAL only. */
  async function crashed(): Promise<string> {
    const path = fresh()
    const log = await open(path)
    for (let n = 0; n < 20; n++) await log.append(entries(n * 2, 2))
    const copy = fresh()
    await copyFile(path, copy)
    await copyFile(`${path}-wal`, `${copy}-wal`)
    await log.close()
    return copy
  }
  const wholeCommits = async (path: string): Promise<number> => {
    const log = await open(path)
    const read = await readAll(log)
    read.forEach(({ position, entry }, index) => {
      assert.equal(position, index)
      assert.equal(entry.n, index)
    })
    assert.equal(read.length % 2, 0, 'half a commit')
    assert.equal(await log.append([entry(read.length)]), read.length)
    await log.close()
    return read.length
  }

  test('an untouched WAL has everything', async () => {
    assert.equal(await wholeCommits(await crashed()), 40)
  })

  test('a WAL that was cut anywhere opens with a whole prefix', async () => {
    for (const part of [0.99, 0.7, 0.5, 0.3]) {
      const path = await crashed()
      await truncate(`${path}-wal`, Math.floor((await stat(`${path}-wal`)).size * part))
      const left = await wholeCommits(path)
      assert.ok(left < 40 && (part < 0.5 || left > 0), `${left} of 40 at ${part}`)
    }
  })

  test('a torn last page loses the commit that was torn, and nothing before it', async () => {
    const path = await crashed()
    const file = await openFile(`${path}-wal`, 'r+')
    await file.write(Buffer.alloc(3_000, 0x5a), 0, 3_000, (await file.stat()).size - 3_000)
    await file.close()
    assert.equal(await wholeCommits(path), 38)
  })

  test('a commit that rotted is named, never skipped', async () => {
    const path = fresh()
    let log = await open(path)
    for (let n = 0; n < 3; n++) await log.append([entry(n, 'text '.repeat(500))])
    await log.close()
    const file = new DatabaseSync(path)
    file.exec("UPDATE commits SET body = substr(body, 1, length(body) - 8) || x'0000000000000000' WHERE first = 1")
    file.close()
    log = await open(path)
    await assert.rejects(readAll(log), refusal('LOG_BROKEN', /the commit at 1 cannot be unpacked.*Restore a backup/))
    await log.close()
  })

  const files: readonly [name: string, make: (path: string) => Promise<void> | void, says: RegExp][] = [
    ['a text', (path) => writeFile(path, 'This is no log. '.repeat(100)), /is not a log of Paramedic/],
    ['another program\'s database', (path) => database(path, 'CREATE TABLE notes (text)'), /of another program/],
    ['another program\'s id', (path) => database(path, 'PRAGMA application_id = 7'), /of another program/],
    ['a newer format', (path) => database(path, 'PRAGMA application_id = 0x50617261; PRAGMA user_version = 2'), /newer Paramedic/],
  ]
  for (const [name, make, says] of files) {
    test(`refused, and left as it is: ${name}`, async () => {
      const path = fresh()
      await make(path)
      const before = await readFile(path)
      await assert.rejects(open(path), refusal('LOG_BROKEN', says))
      assert.deepEqual(await readFile(path), before)
    })
  }
  const database = (path: string, sql: string): void => {
    const file = new DatabaseSync(path)
    file.exec(sql)
    file.close()
  }

  test('a path where no file can be says what to do', async () => {
    const path = fresh()
    await writeFile(path, '')
    await assert.rejects(open(join(path, 'log.db')), (error) => error instanceof LogError && /cannot be used|may not be written/.test(error.message))
  })
})

describe('a full disk', () => {
  const packsBadly = (n: number): ContractEntry => entry(n, Array.from({ length: 4_000 }, (_, index) => Math.sin(n * 9_999 + index)))

  /** Appends until one is refused, and says how many landed before it. */
  async function fill(log: TestLog, from: number): Promise<number> {
    for (let n = from; n < 10_000; n++) {
      try {
        await log.append([packsBadly(n), packsBadly(n)])
      } catch (error) {
        assert.ok(refusal('LOG_DISK_FULL', /Free some space/)(error) && (error as LogError).landed === 'no')
        return n
      }
    }
    assert.fail('it never filled')
  }
  const commits = async (log: TestLog): Promise<number[]> => {
    const read = await readAll(log)
    read.forEach(({ position, entry }, index) => {
      assert.equal(position, index)
      assert.equal(entry.n, Math.floor(index / 2), 'half a commit')
    })
    assert.equal(read.length, await log.end())
    return read.map(({ entry }) => entry.n)
  }

  test('an append is refused whole, and what was there stays', async () => {
    const path = fresh()
    const log = await open(path, { maxPages: 60 })
    const landed = await fill(log, 0)
    assert.ok(landed > 2)
    await assert.rejects(log.append([packsBadly(landed), packsBadly(landed)]), refusal('LOG_DISK_FULL', /goes on by itself/))
    assert.equal((await commits(log)).length, 2 * landed)
    await log.close()

    const roomy = await open(path)
    assert.equal((await commits(roomy)).length, 2 * landed)
    assert.equal(await roomy.append([packsBadly(landed), packsBadly(landed)]), 2 * landed + 1)
    assert.equal((await commits(roomy)).length, 2 * landed + 2)
  })

  test('a file system without room: the same, and it goes on by itself when there is some', async (t) => {
    const disk = smallDisk(t, join(folder(), 'small disk'), '2m')
    if (!disk) return
    const path = join(disk.path, 'log.db')
    try {
      await writeFile(join(disk.path, 'in the way'), Buffer.alloc(800_000))
      const log = await open(path)
      const landed = await fill(log, 0)
      assert.ok(landed > 2)
      assert.equal((await commits(log)).length, 2 * landed)
      disk.empty()
      const more = await fill(log, landed)
      assert.ok(more > landed, 'nothing more landed, though there was room')
      assert.equal((await commits(log)).length, 2 * more)
      await log.close()
      await open(path).then((it) => it.close(), refusal('LOG_DISK_FULL', /Free some space/))
      disk.grow('8m')
      const again = await open(path)
      assert.equal((await commits(again)).length, 2 * more)
      await again.close()
    } finally {
      await closeAll()
      disk.unmount()
    }
  })
})

/** A log whose beginning was cut after its retention: what is told of the past says so, and is right about the rest. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { entryCodec, type Entry } from '../../src/core/entry.ts'
import { realClock } from '../../src/log/clock.ts'
import { openSqliteLog } from '../../src/log/sqlite.ts'
import { Story } from '../core/story.ts'
import { paramedic } from './cli.ts'

const day = 86_400_000

test('report, changes and explain say from where on they know', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-cut-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'log.db')
  const story = new Story().later(Date.now() - 3 * day)
  const old = story.workflow({ id: '01900000-0000-7000-8000-00000000a01d' })
  story.later(2 * day).alert({ alertname: 'Late' })
  let now = 0
  const open = (retentionMs: number) => openSqliteLog<Entry>(path, { codec: entryCodec, retentionMs, keepFrom: () => story.log.length, clock: { ...realClock, now: () => now } })
  const log = await open(100 * day)
  for (const { at, entry } of story.log) {
    now = at
    await log.append([entry])
  }
  await log.close()
  now = Date.now()
  await (await open(2 * day)).close() // which cuts
  const run = (...args: string[]) => paramedic([...args, '--offline', '--log', `sqlite:${path}`], { cwd: folder })
  const begins = /^the log begins at entry [1-9]\d* by now, of 20\S+Z: what was before was cut after its `retention`/m
  for (const args of [['report', '--json'], ['changes'], ['explain', old.id]]) {
    const { err } = await run(...args)
    assert.match(err, begins, args.join(' '))
    assert.equal(err.match(new RegExp(begins, 'gm'))?.length, 1, 'once')
  }
  const report = await run('report', '--json')
  assert.equal((JSON.parse(report.out) as { alerts: number }).alerts, 1)
  const explained = await run('explain', old.id)
  assert.equal(explained.code, 1)
  assert.match(explained.err, /neither a workflow nor an alert on the log is known as/)
})

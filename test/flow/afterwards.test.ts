/** A test that is killed leaves nothing of what it started. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { eventually } from './flow.ts'

const killed = `
  const { spawn } = await import('node:child_process')
  const { endsAfterwards } = await import(${JSON.stringify(join(import.meta.dirname, 'afterwards.ts'))})
  const { folder } = await import(${JSON.stringify(join(import.meta.dirname, 'server.ts'))})
  const [over, left] = ['0', '1000'].map((time) => spawn('sleep', [time], { stdio: 'ignore', detached: true }))
  endsAfterwards(over)
  endsAfterwards(left)
  over.once('exit', () => {
    console.log(JSON.stringify({ pid: left.pid, place: folder() }))
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100)
  })
`

test('what a killed test started is killed, and its folders go', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', killed], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')])
  const { pid, place } = JSON.parse(said) as { pid: number; place: string }
  await eventually('the process is gone', async () => !existsSync(`/proc/${pid}`))
  await eventually('the folder is gone', async () => !existsSync(place))
  assert.equal(child.signalCode, 'SIGKILL')
})

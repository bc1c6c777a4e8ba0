/** SIGTERM lets the running step finish, and starts no other; the next server goes on at the checkpoint. A second one kills. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, liftAll, linesOf, notification, post, workflowsOf } from './flow.ts'
import { folder, launch, ownCatalogue, startServer, targetsIn, type Running } from './server.ts'

const begin = async (hold: string) => {
  const dir = folder()
  const file = join(dir, 'notes')
  const services = targetsIn(dir)
  const server = await startServer(dir, services, '', { catalogue: ownCatalogue })
  await liftAll(server.url)
  await post(`${server.url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Notes', service: 's0', file, hold } }]))
  await eventually('it is in the step', async () => linesOf(file).includes('s0 once begins'))
  return { server, file, again: (): Promise<Running> => startServer(dir, services, '', { catalogue: ownCatalogue }) }
}

test('SIGTERM waits for the running step and begins no other; the next server goes on after it', { timeout: 300_000 }, async () => {
  const { server, file, again } = await begin('2')
  const ended = await server.end('SIGTERM')
  assert.deepEqual([ended.code, linesOf(file)], [0, ['s0 first', 's0 once begins', 's0 once ends']])
  const next = await again()
  try {
    await eventually('it goes on', async () => (await workflowsOf(next.url))[0]?.state === 'verifying')
    assert.deepEqual(linesOf(file), ['s0 first', 's0 once begins', 's0 once ends', 's0 last begins', 's0 last ends'])
  } finally {
    await next.end('SIGKILL')
  }
})

test('a second SIGTERM kills: what may be done only once is in doubt afterwards', { timeout: 300_000 }, async () => {
  const { server, file, again } = await begin('20')
  server.process.kill('SIGTERM')
  await eventually('it ends', async () => server.said.some((line) => line.includes('a second signal kills')))
  await server.end('SIGTERM')
  const next = await again()
  try {
    const workflow = await eventually('it has failed', async () => (await workflowsOf(next.url)).find(({ state }) => state === 'failed'))
    assert.equal(workflow.reason, 'in doubt')
    assert.deepEqual(linesOf(file), ['s0 first', 's0 once begins'])
  } finally {
    await next.end('SIGKILL')
  }
})

test('SIGTERM while it still starts ends it in order', { timeout: 60_000 }, async () => {
  const server = await launch({ state: folder() })
  assert.deepEqual(await server.end('SIGTERM'), { code: 0, signal: null })
})

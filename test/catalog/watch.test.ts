import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { cp, mkdir, rename, rm, symlink } from 'node:fs/promises'
import { lockCatalogue } from '../../src/catalog/lock.ts'
import type { Reading } from '../../src/catalog/read.ts'
import { watchCatalogue, type CatalogueWatch } from '../../src/catalog/watch.ts'
import { folder, good, script, type Folder } from './folders.ts'

async function watched(t: TestContext, made: Folder, options: { settleMs?: number } = {}): Promise<CatalogueWatch<Reading> & { next(): Promise<Reading>; end(): Promise<void> }> {
  const stop = new AbortController()
  const watch = watchCatalogue({
    runbooks: made.runbooks, policies: made.policies, read: () => made.read(), since: await made.read(),
    pollMs: 30, quietMs: 20, settleMs: options.settleMs ?? 60, againMs: 100, signal: stop.signal,
  })
  const end = async () => {
    stop.abort()
    await watch.readings.return()
  }
  t.after(end)
  return {
    ...watch, end,
    async next() {
      const { value, done } = await watch.readings.next()
      assert.ok(!done && value)
      return value
    },
  }
}

const nothingFor = async (ms: number, next: Promise<Reading>) =>
  assert.equal(await Promise.race([next.then(() => 'a reading'), new Promise((resolve) => setTimeout(resolve, ms, 'nothing'))]), 'nothing')

const newRoutes = { 'runbooks/routes.yaml': good['runbooks/routes.yaml']!.replace('Slow', 'Slower') }

describe('a change is read when it says something new', () => {
  it('yields the new catalogue', async (t) => {
    const made = await folder(t)
    const watch = await watched(t, made)
    await made.write(newRoutes)
    assert.deepEqual((await watch.next()).catalogue?.routes[0]?.matchers, ['alertname="Slower"'])
  })
  it('yields nothing for the same text written again, nor for a README', async (t) => {
    const made = await folder(t)
    const watch = await watched(t, made)
    const next = watch.next()
    await made.write({ ...good, 'runbooks/README.md': 'words' })
    await nothingFor(300, next)
    await made.write(newRoutes)
    assert.ok((await next).catalogue)
  })
  it('sees a link that now leads elsewhere, as ConfigMaps do it', async (t) => {
    const made = await folder(t)
    await cp(made.runbooks, `${made.path}/v1`, { recursive: true })
    await cp(made.runbooks, `${made.path}/v2`, { recursive: true })
    await made.write({ 'v2/routes.yaml': newRoutes['runbooks/routes.yaml'] })
    await rm(made.runbooks, { recursive: true })
    await symlink('v1', made.runbooks)
    const watch = await watched(t, made)
    await symlink('v2', `${made.path}/next`)
    await rename(`${made.path}/next`, made.runbooks)
    assert.deepEqual((await watch.next()).catalogue?.routes[0]?.matchers, ['alertname="Slower"'])
  })
})

describe('half of a change is not taken', () => {
  it('waits for the lock that belongs to the scripts', async (t) => {
    const made = await folder(t)
    const watch = await watched(t, made, { settleMs: 60_000 })
    const next = watch.next()
    await made.write({ 'runbooks/scale/2.ts': script(), 'runbooks/routes.yaml': good['runbooks/routes.yaml']!.replace('@1', '@2') })
    await nothingFor(300, next)
    await lockCatalogue(made.runbooks)
    assert.equal((await next).catalogue?.routes[0]?.runbook?.version, 2)
  })
  it('tells the problems that stay', async (t) => {
    const made = await folder(t)
    const watch = await watched(t, made)
    await made.write({ 'runbooks/routes.yaml': 'routes: [' })
    const reading = await watch.next()
    assert.equal(reading.catalogue, undefined)
    assert.match(reading.problems[0]?.message ?? '', /is not YAML/)
    await made.write(good)
    assert.ok((await watch.next()).catalogue, 'and the mended one after them')
  })
})

describe('to read is dear', () => {
  it('a bad one is read when it stands still, and once more when its time is over', async (t) => {
    const made = await folder(t)
    const stop = new AbortController()
    t.after(() => stop.abort())
    let reads = 0
    const read = async () => {
      reads++
      await new Promise((resolve) => setTimeout(resolve, 100))
      return made.read()
    }
    const { readings } = watchCatalogue({ runbooks: made.runbooks, policies: made.policies, read, since: await made.read(), pollMs: 20, quietMs: 10, settleMs: 1000, againMs: 60_000, signal: stop.signal })
    await made.write({ 'runbooks/routes.yaml': 'routes: [' })
    const { value } = await readings.next()
    assert.match(value?.problems[0]?.message ?? '', /is not YAML/)
    assert.ok(reads <= 2, `read ${reads} times`)
    stop.abort()
    await readings.return()
  })
})

describe('problems of the machine are not for ever', () => {
  it('reads again though no file changed', async (t) => {
    const made = await folder(t, { 'runbooks/scale/1.ts': script(`// ${Math.random()}`) })
    const [stop, scratch] = [new AbortController(), `${made.path}/scratch`]
    t.after(() => stop.abort())
    const since = await made.read({ scratch })
    assert.match(since.problems[0]?.message ?? '', /on this machine: .*scratch must be a folder to write in/)
    const { readings } = watchCatalogue({ runbooks: made.runbooks, policies: made.policies, read: () => made.read({ scratch }), since, pollMs: 20, quietMs: 10, settleMs: 20, againMs: 50, signal: stop.signal })
    const next = readings.next()
    await nothingFor(300, next.then(({ value }) => value!))
    await mkdir(scratch)
    assert.ok((await next).value?.catalogue)
    stop.abort()
    await readings.return()
  })
})

describe('read by somebody else', () => {
  it('a bad one that he saw is no news, and that it was mended is', async (t) => {
    const made = await folder(t)
    const watch = await watched(t, made)
    const next = watch.next()
    await made.write({ 'runbooks/routes.yaml': 'routes: [' })
    watch.saw(await made.read())
    await nothingFor(300, next)
    await made.write(good)
    assert.ok((await next).catalogue)
  })
  it('ends with its signal, whatever it waits for', async (t) => {
    const made = await folder(t)
    const stop = new AbortController()
    const { readings } = watchCatalogue({ runbooks: made.runbooks, policies: made.policies, read: () => made.read(), since: await made.read(), pollMs: 3_600_000, signal: stop.signal })
    const next = readings.next()
    stop.abort()
    assert.equal((await next).done, true)
  })
})

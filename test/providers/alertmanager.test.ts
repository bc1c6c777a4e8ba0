/** Who is asked whether an alert is gone, and with what proof of who asks. The real Alertmanager is met in test/flow. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createEdges } from '../../src/edge/edges.ts'
import { usualSettings } from '../../src/edge/settings.ts'
import type { Workflow } from '../../src/core/workflow.ts'
import { Story } from '../core/story.ts'
import { createAlertmanagers, type AlertmanagerPair } from '../../src/providers/alertmanager.ts'

test('it fires where any has it, and is gone only where all say so and none was started since', async (t) => {
  const now = Date.now()
  const peer = async (alerts: readonly unknown[] | undefined, uptime: number): Promise<string> => {
    const server = createServer((req, res) => {
      if (alerts === undefined) return void res.writeHead(503).end()
      res.end(JSON.stringify(req.url!.startsWith('/api/v2/status') ? { uptime: new Date(uptime).toISOString() } : alerts))
    })
    await new Promise<void>((go) => server.listen(0, '127.0.0.1', go))
    t.after(() => (server.closeAllConnections(), server.close()))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const [has, hasNot, fresh, away] = await Promise.all([peer([{ labels: { alertname: 'Slow' } }], 0), peer([], 0), peer([], now), peer(undefined, 0)])
  const story = new Story()
  const id = story.alert({ alertname: 'Slow' }, { startsAt: new Date(now - 60_000).toISOString() })
  for (const [urls, fires] of [[[has], true], [[hasNot], false], [[hasNot, has], true], [[hasNot, fresh], undefined], [[hasNot, away], undefined], [[away, has], true]] as const) {
    const alertmanagers = createAlertmanagers([{ urls }], createEdges({ settings: { ...usualSettings, retry: { ...usualSettings.retry, tries: 1 } } }))
    assert.equal(await alertmanagers.fires({ episode: id } as Workflow, story.state), fires)
    alertmanagers.close()
  }
})

test('an Alertmanager that wants a token or a password gets it from its file, read anew each time', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-am-'))
  const seen: (string | undefined)[] = []
  const server = createServer((req, res) => {
    seen.push(req.headers.authorization)
    res.end('[{"labels":{"alertname":"Slow"}}]')
  })
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go))
  t.after(() => (server.closeAllConnections(), server.close(), rmSync(folder, { recursive: true })))
  const urls = [`http://127.0.0.1:${(server.address() as AddressInfo).port}`]
  const file = join(folder, 'secret')
  writeFileSync(file, 'first\n')
  const ask = async (pair: AlertmanagerPair): Promise<string[]> => {
    const alertmanagers = createAlertmanagers([pair], createEdges({ settings: usualSettings }))
    const names = await alertmanagers.active()
    writeFileSync(file, 'second\n')
    await alertmanagers.active()
    alertmanagers.close()
    return names
  }
  assert.deepEqual(await ask({ urls, auth: { tokenFile: file } }), ['Slow'])
  await ask({ urls, auth: { username: 'ann', passwordFile: file } })
  await ask({ urls })
  const basic = `Basic ${Buffer.from('ann:second').toString('base64')}`
  assert.deepEqual(seen, ['Bearer first', 'Bearer second', basic, basic, undefined, undefined])
})

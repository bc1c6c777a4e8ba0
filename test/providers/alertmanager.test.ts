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
import { createAlertmanagers, type AlertmanagerPair } from '../../src/providers/alertmanager.ts'

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

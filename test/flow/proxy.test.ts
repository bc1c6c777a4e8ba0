/** What goes out goes by the proxy of the environment, and what is of this machine does not. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { createHttp } from '../../src/edge/http.ts'
import { createAuthority, noOpenssl } from '../servers/authority.ts'
import { readable } from '../servers/slack-shown.ts'
import { startProxy } from '../servers/start-proxy.ts'
import { eventually, notification, post } from './flow.ts'
import { folder } from './server.ts'
import { place } from './slack.ts'

test('Slack is reached by HTTP_PROXY, by a name that only the proxy knows', { timeout: 120_000 }, async (t) => {
  const { slack, start } = await place(t)
  const proxy = await startProxy(t, { 'slack.test': Number(new URL(slack.apiUrl).port) })
  const { url } = await start({ HTTP_PROXY: proxy.url, PARAMEDIC_SLACK_API_URL: `http://slack.test${new URL(slack.apiUrl).pathname}` })
  await post(`${url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Novel' } }]))
  await eventually('people are told', async () => slack.posted.some((one) => /Unknown alert: Novel/.test(readable(one))))
  assert.ok(proxy.passed.some((line) => line.includes('slack.test')), proxy.passed.join('\n'))
  assert.ok(!proxy.passed.some((line) => line.includes('127.0.0.1')), 'nothing of this machine went by it')
})

test('Socket Mode goes by the proxy too: a stop from Slack reaches a server that reaches nobody else', { timeout: 120_000 }, async (t) => {
  const { slack, start, dir } = await place(t)
  const proxy = await startProxy(t, { 'slack.test': Number(new URL(slack.apiUrl).port) })
  await start({ HTTP_PROXY: proxy.url, PARAMEDIC_SLACK_API_URL: `http://slack.test${new URL(slack.apiUrl).pathname}`, PARAMEDIC_SLACK_APP_TOKEN_FILE: join(dir, 'app') })
  await eventually('it is connected', async () => slack.sockets.size === 1)
  assert.ok(proxy.passed.includes('CONNECT slack.test:80'), proxy.passed.join('\n'))
  assert.match(readable(await slack.overSocket('slash_commands', slack.commandFields('stop it loops', { user: 'U0BOB', team: 'T0HOME', name: 'bob' }))), /STOPPED everything, by bob/)
})

test('an edge over https goes through a tunnel of HTTPS_PROXY, and trusts its own certificates there', { skip: noOpenssl, timeout: 60_000 }, async (t) => {
  const authority = createAuthority(join(folder(), 'ca'))
  const { cert, key } = authority.issue('cloud.test', { names: ['cloud.test'] })
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, res) => res.end('{"through":"the tunnel"}'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const proxy = await startProxy(t, { 'cloud.test': (server.address() as AddressInfo).port })
  process.env['HTTPS_PROXY'] = proxy.url
  t.after(() => delete process.env['HTTPS_PROXY'])
  const http = createHttp({ sockets: 2, tls: { ca: readFileSync(authority.ca, 'utf8') } })
  t.after(() => http.close())
  assert.deepEqual(await http.json({ url: 'https://cloud.test/', signal: AbortSignal.timeout(10_000), deadlineMs: 10_000 }), { through: 'the tunnel' })
  assert.deepEqual(proxy.passed, ['CONNECT cloud.test:443'])
})

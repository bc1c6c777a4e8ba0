/** https with certificates that openssl made: who is let in, what is replaced while it serves, and the address for alerts alone. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect } from 'node:tls'
import { dialWith, type DialFiles } from '../../src/http/dial.ts'
import { createAuthority, longOver, noOpenssl, type Authority, type Issued } from '../servers/authority.ts'
import { paramedic } from '../cli/cli.ts'
import { eventually, notification } from './flow.ts'
import { folder, launch, targetsIn, type Running } from './server.ts'

/** Looks at the certificate by its own eyes: whom it is signed by is another matter. */
const serialOf = (url: string, client: Issued): Promise<string> => new Promise((resolve, reject) => {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', rejectUnauthorized: false, cert: readFileSync(client.cert), key: readFileSync(client.key) }, () => {
    resolve(socket.getPeerCertificate().serialNumber)
    socket.destroy()
  })
  socket.once('error', reject)
})

describe('a server with tls', { skip: noOpenssl, timeout: 180_000 }, () => {
  const dir = folder()
  const mine = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') }
  let authority: Authority
  let client: Issued
  let server: Running
  let ingress: string
  const use = ({ cert, key }: Issued): void => {
    copyFileSync(cert, mine.cert)
    copyFileSync(key, mine.key)
  }
  const ask = async (path: string, { url = server.url, body, token, ...files }: DialFiles & { url?: string; body?: string; token?: string } = {}) => {
    const answer = await dialWith({ ca: authority.ca, ...files })(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST', headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(10_000), ...(body === undefined ? {} : { body }),
    })
    return { status: answer.status, text: await answer.text() }
  }

  before(async () => {
    authority = createAuthority(join(dir, 'ca'))
    client = authority.issue('ann')
    use(authority.issue('first'))
    writeFileSync(join(dir, 'paramedic.yaml'), `tokens:\n${(['sender', 'operator'] as const).map((role) => `  - { name: ${role}, role: ${role}, sha256: ${hash('sha256', role)} }\n`).join('')}`)
    server = await launch({
      state: dir, services: targetsIn(dir),
      env: { PARAMEDIC_TLS_CERT: mine.cert, PARAMEDIC_TLS_KEY: mine.key, PARAMEDIC_TLS_CLIENT_CA: authority.ca, PARAMEDIC_INGRESS_LISTEN: '127.0.0.1:0', PARAMEDIC_SLACK_SIGNING_SECRET: 'shh' },
    })
    ingress = await eventually('both addresses are told', async () => server.said.map((line) => /also taken on (https:[^" ]*)/.exec(line)?.[1]).find(Boolean))
    await eventually('it is ready', async () => (await ask('/readyz')).status === 200)
  })
  after(() => server?.end('SIGKILL'))

  test("the image's health check finds it healthy", () => {
    const check = JSON.parse(/^HEALTHCHECK .*?(\[.*\])$/m.exec(readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8'))![1]!) as string[]
    const status = (env: Record<string, string>): number | null => spawnSync(process.execPath, check.slice(1), { env: { PARAMEDIC_LISTEN: new URL(server.url).host, ...env }, timeout: 60_000 }).status
    assert.deepEqual([status({ PARAMEDIC_TLS_CERT: mine.cert }), status({})], [0, 1], 'by https, where there is a certificate')
  })

  test('only who shows a certificate of ours is let in; probes need none', async () => {
    const stranger = createAuthority(join(dir, 'other')).issue('eve')
    for (const [path, files, status, because] of [
      ['/livez', {}, 200, 'a probe'], ['/readyz', {}, 200, 'a probe'],
      ['/v1/stops', {}, 401, 'a token alone'], ['/v1/stops', stranger, 401, 'signed by somebody else'], ['/v1/stops', client, 200, 'both'],
    ] as const) assert.equal((await ask(path, { token: 'operator', ...files })).status, status, because)
    assert.match((await ask('/v1/stops', { token: 'operator' })).text, /tls\.clientCa/)
    assert.equal((await ask('/v1/stops', client)).status, 401, 'a certificate alone')
    await assert.rejects(fetch(`${server.url.replace('https', 'http')}/livez`), 'plain HTTP is not answered')
  })

  test('the command line comes with its certificates, and is told which are missing', async () => {
    const where = (more: Record<string, string>) => ({ env: { PARAMEDIC_URL: server.url, PARAMEDIC_TOKEN: 'operator', ...more } })
    const trusting = { PARAMEDIC_CA_FILE: authority.ca }
    const known = await paramedic(['status', '--cert-file', client.cert, '--key-file', client.key], where(trusting))
    assert.deepEqual([known.code, /STOPPED everything/.test(known.out)], [0, true], known.err)
    for (const [env, code, says] of [[{}, 3, /is not trusted.*--ca-file/], [trusting, 1, /tls\.clientCa/], [{ PARAMEDIC_CA_FILE: '/nowhere' }, 2, /\/nowhere cannot be read \(ENOENT\)/]] as const) {
      const ran = await paramedic(['status'], where(env))
      assert.deepEqual([ran.code, says.test(ran.err)], [code, true], ran.err)
    }
  })

  test('ingress.listen takes alerts by a token, and has nothing else', async () => {
    const body = JSON.stringify(notification([{ labels: { alertname: 'Novel' } }]))
    assert.equal((await ask('/webhooks/alertmanager', { url: ingress, token: 'sender', body })).status, 200)
    assert.equal((await ask('/webhooks/alertmanager', { url: ingress, body })).status, 401)
    for (const path of ['/', '/livez', '/v1/stops', '/v1/workflows', '/metrics', '/healthz', '/openapi.json']) assert.equal((await ask(path, { url: ingress, token: 'operator', ...client })).status, 404, path)
    assert.equal((await ask('/v1/stops', { url: ingress, token: 'operator', body: '', ...client })).status, 404, 'not even a stop')
  })

  test('Slack comes to ingress.listen, where its signature is enough; at listen a certificate is asked of everybody. Both refusals are on the log', async () => {
    for (const [url, code] of [[server.url, 'UNAUTHORIZED'], [ingress, 'BAD_SIGNATURE']] as const) {
      const { status, text } = await ask('/slack/commands', { url, body: 'text=stop' })
      assert.deepEqual([status, JSON.parse(text).code], [401, code])
    }
    await eventually('they are on the log', async () => {
      const { out } = await paramedic(['log', '--cert-file', client.cert, '--key-file', client.key], { env: { PARAMEDIC_URL: server.url, PARAMEDIC_TOKEN: 'operator', PARAMEDIC_CA_FILE: authority.ca } })
      return ['UNAUTHORIZED', 'BAD_SIGNATURE'].every((code) => out.includes(`"call":"POST /slack/commands","code":"${code}"`))
    })
  })

  test('a certificate that is replaced is shown without a restart; one that does not fit its key is told of, and the one before stays', async () => {
    const before = await serialOf(server.url, client)
    use(authority.issue('second'))
    const after = await eventually('the new one is shown', async () => {
      const serial = await serialOf(server.url, client)
      return serial !== before && serial
    })
    writeFileSync(mine.key, readFileSync(client.key))
    await eventually('it says so', async () => server.said.some((line) => line.includes('cannot be used, and the one before stays')))
    assert.equal(await serialOf(server.url, client), after)
    const health = async () => JSON.parse((await ask('/healthz', { token: 'operator', ...client })).text).checks.certificate
    assert.equal((await health()).ok, false)
    use(authority.issue('third', longOver))
    await eventually('one that is over is told of', async () => {
      const { ok, detail } = JSON.parse((await dialWith({ ca: authority.ca, ...client })(`${ingress}/livez`, { method: 'GET', headers: {}, signal: AbortSignal.timeout(5000) }).then(() => '{}', (problem: Error) => JSON.stringify({ ok: false, detail: (problem.cause as { code?: string }).code })))) as { ok?: boolean; detail?: string }
      return ok === false && detail === 'CERT_HAS_EXPIRED'
    })
    use(authority.issue('fourth'))
    await eventually('and one that is good again is taken', async () => (await health()).detail.startsWith('valid until') && (await ask('/livez')).status === 200)
  })
})

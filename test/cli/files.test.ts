/** Commands that work on files, and what every command has in common. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { folder, script } from '../catalog/folders.ts'
import { commands } from '../../src/cli/main.ts'
import { bin, paramedic } from './cli.ts'

const temporary = (t: TestContext): string => {
  const path = mkdtempSync(join(tmpdir(), 'paramedic-cli-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const options = { timeout: 300_000 }

describe('every command', options, () => {
  for (const words of [...Object.keys(commands).map((name) => [name]), ['routes', 'test'], ['routes', 'coverage'], ['runbook', 'lock'], ['runbook', 'new'], ['runbook', 'test'], ['token', 'new']]) {
    test(`${words.join(' ')} --help shows an example, and ends 0`, async () => {
      const { code, out } = await paramedic([...words, '--help'])
      assert.equal(code, 0)
      assert.match(out, new RegExp(`Example:\n  paramedic ${words[0]}`))
    })
  }
  for (const words of [['--help'], ['routes', 'test', 'alertname=HighRequestLatency']]) {
    test(`${words.join(' ')}: whoever reads it may stop reading`, async () => {
      const child = spawn(process.execPath, [bin, ...words], { cwd: join(import.meta.dirname, '../..'), stdio: ['ignore', 'pipe', 'pipe'] })
      child.stdout.destroy()
      let err = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
      const [code] = (await once(child, 'close')) as [number | null]
      assert.deepEqual([code, err], [0, ''])
    })
  }
  const mistyped: [words: string[], hint: RegExp][] = [
    [['watch'], /'id'\n`--help` behind the command/], [['staus'], /Did you mean status\?/], [['stop', '--wy', 'x'], /Did you mean --why\?/], [['serve', '--listn', '127.0.0.1:1'], /Did you mean --listen\?/],
    [['go', '--why', 'x'], /name the stops to lift, or say --all/], [['go', '--all'], /--why/], [['go', 'abc', '--all', '--why', 'x'], /not both/], [['go', '--all', '--why', ' '], /--why is empty/],
    [['status', '--timeout', 'soon'], /--timeout must be a duration/], [['status', '--url', 'ftp://x'], /--url must be an address/], [['log', '--from', 'x'], /--from must be a position/],
    [['check', '--format', 'xml'], /text or github/], [['routes', 'test', 'severity'], /not LABEL=VALUE/], [['token', 'new', '--name', 'a', '--role', 'king'], /--role must be one of/],
    [['status', '--token-file', '/nowhere/token'], /cannot be read \(ENOENT\)/],
  ]
  for (const [words, hint] of mistyped) {
    test(`${words.join(' ')}: 2, with what to do`, async () => {
      const { code, out, err } = await paramedic(words)
      assert.deepEqual([code, out], [2, ''])
      assert.match(err, hint)
    })
  }
  for (const words of [['status'], ['alerts'], ['stops'], ['watch', 'abcdef'], ['why', 'abcdef'], ['runbooks'], ['reload'], ['log'], ['go', '--all', '--why', 'x']]) {
    test(`${words[0]} without a server: 3, and how to name another`, async () => {
      const { code, out, err } = await paramedic(words, { env: { PARAMEDIC_URL: 'http://127.0.0.1:9' } })
      assert.deepEqual([code, out], [3, ''])
      assert.match(err, /no server answers at http:\/\/127\.0\.0\.1:9.*--url or PARAMEDIC_URL/)
    })
  }
  test('stop without a server: 3, NOTHING WAS STOPPED, and what stops it on the host', async () => {
    const { code, err } = await paramedic(['stop', '--why', 'x', '--url', 'http://127.0.0.1:9'])
    assert.equal(code, 3)
    assert.match(err, /^NOTHING WAS STOPPED: no server answers[^]*systemctl stop paramedic\n[^]*docker stop paramedic\n[^]*kill -TERM PID/)
  })
  test('a server that never answers: 4 after --timeout; and of a stop nobody knows', async (t) => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close().unref())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { code, err } = await paramedic(['status', '--url', url, '--timeout', '1s'])
    assert.deepEqual([code, err], [4, `no answer from ${url} within 1 s\n`])
  })
  test('on an old Node: 78, with two lines', async (t) => {
    const at = temporary(t)
    writeFileSync(join(at, 'old.cjs'), `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })`)
    cpSync(bin, join(at, 'bin/paramedic.js'))
    writeFileSync(join(at, 'package.json'), '{"type":"module"}')
    const ran = await import('node:child_process').then(({ spawnSync }) => spawnSync(process.execPath, ['--require', join(at, 'old.cjs'), join(at, 'bin/paramedic.js'), 'status'], { encoding: 'utf8' }))
    assert.deepEqual([ran.status, ran.stdout, ran.stderr.trim().split('\n').length], [78, '', 2])
    assert.match(ran.stderr, /^paramedic needs Node 26 or newer; this is 18\.20\.4\.$/m)
  })
})

describe('check', options, () => {
  const configuration = 'unmatched: tell\n'
  test('of a good catalogue: 0, and what there is', async (t) => {
    const made = await folder(t, { 'paramedic.yaml': configuration })
    assert.deepEqual(await paramedic(['check'], { cwd: made.path }).then(({ code, out }) => [code, out]), [0, 'good: 1 runbook, 1 route, policies for 1\n'])
  })
  const broken = { 'paramedic.yaml': 'lissten: 127.0.0.1:1\n', 'runbooks/routes.yaml': 'routes:\n  - matchers: [alertname="Slow"]\n    runbook: scale@7\n    mode: atuo\n', 'policies/scale.yaml': 'runbook: scale\npolicies:\n  - { type: targts, names: [web] }\n' }
  test('of a bad one: 2, every problem of every file at once, each with its line', async (t) => {
    const made = await folder(t, broken)
    const { code, out, err } = await paramedic(['check'], { cwd: made.path })
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, /^paramedic\.yaml:1: lissten is not known \(did you mean listen\?\)/m)
    assert.match(err, /^policies\/scale\.yaml:3: .*\(did you mean targets\?\)/m)
    assert.match(err, /^runbooks\/routes\.yaml:4: .*\(did you mean auto\?\)/m)
  })
  test('a secret that a runbook asks for and is not given is warned of, as long as a route runs it', async (t) => {
    const asks = { 'paramedic.yaml': configuration, 'runbooks/scale/1.ts': script("secrets: ['CLOUD_KEY'],") }
    const made = await folder(t, asks)
    const warned = /^warning: scale@1 asks for the secret CLOUD_KEY, and `secrets` of the configuration gives it none of that name$/m
    const { code, err } = await paramedic(['check'], { cwd: made.path })
    assert.deepEqual([code, warned.test(err)], [0, true], err)
    await made.write({ 'key': 'hush', 'paramedic.yaml': `${configuration}secrets:\n  - { name: CLOUD_KEY, file: key, runbooks: [scale] }\n` })
    assert.doesNotMatch((await paramedic(['check'], { cwd: made.path })).err, warned)
  })
  test('the file of services is read too', async (t) => {
    const made = await folder(t, { 'paramedic.yaml': 'providers: { local: { services: services.yaml } }\n', 'services.yaml': 'services:\n  web: { command: [sleep, infinity], min: 2, max: 1 }\n' })
    const { code, err } = await paramedic(['check'], { cwd: made.path })
    assert.deepEqual([code, /^services\.yaml:2: services\.web\.min is above max, 1$/m.test(err)], [2, true], err)
  })
  test('for GitHub, and as JSON', async (t) => {
    const made = await folder(t, broken)
    assert.match((await paramedic(['check', '--format', 'github'], { cwd: made.path })).err, /^::error file=policies\/scale\.yaml,line=3::/m)
    const { code, out } = await paramedic(['check', '--json'], { cwd: made.path })
    const { digest, problems } = JSON.parse(out) as { digest: null; problems: { path: string; line: number; message: string }[] }
    assert.deepEqual([code, digest, problems.length >= 3, problems.every(({ path, line, message }) => path && line && message)], [2, null, true, true])
  })
  test("with Alertmanager's own configuration: 2 where its intervals cannot let a runbook heal in time", async (t) => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
    const snippet = /```yaml\n(route:[\s\S]*?)```/.exec(readme)![1]!
    const made = await folder(t, { 'paramedic.yaml': configuration, 'am.yml': snippet, 'slow.yml': snippet.replace('group_interval: 1m', 'group_interval: 30m'), 'other.yml': 'route: { receiver: x }\nreceivers: [{ name: x }]\n' })
    const check = (file: string) => paramedic(['check', '--alertmanager-config', file], { cwd: made.path })
    assert.deepEqual(await check('am.yml').then(({ code, err }) => [code, err]), [0, ''])
    const slow = await check('slow.yml')
    assert.equal(slow.code, 2)
    assert.match(slow.err, /^runbooks\/scale\/1\.ts:\d+: healedWithin is 10m, but Alertmanager's group_interval is 30m, .* make it at least 1h/m)
    assert.match((await check('other.yml')).err, /^other\.yml:1: has no receiver with a webhook of ours/m)
    assert.match((await check('none.yml')).err, /^none\.yml:1: cannot be read \(ENOENT\)/m)
  })
  test('against a base: 2 where what was released has changed', async (t) => {
    const made = await folder(t, { 'paramedic.yaml': configuration })
    const git = (...args: string[]) => execFileSync('git', ['-C', made.path, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { stdio: 'pipe' })
    git('init', '-q', '-b', 'main')
    git('add', '.')
    git('commit', '-q', '-m', 'base')
    assert.equal((await paramedic(['check', '--base', 'main'], { cwd: made.path })).code, 0)
    await made.write({ 'runbooks/scale/1.ts': script('healedWithin: minutes(9),'), 'runbooks/runbooks.lock': '' })
    assert.deepEqual(await paramedic(['runbook', 'lock'], { cwd: made.path }).then(({ code, out }) => [code, out]), [0, 'locked scale@1\n'])
    const { code, err } = await paramedic(['check', '--base', 'main'], { cwd: made.path })
    assert.equal(code, 2)
    assert.match(err, /^runbooks\/runbooks\.lock:1: scale@1 was released at main/m)
  })
})

describe('init, and the life of a catalogue of one\'s own', options, () => {
  test('init, edit, check says lock, lock, check', async (t) => {
    const at = temporary(t)
    const mine = join(at, 'mine')
    const written = await paramedic(['init', 'mine'], { cwd: at })
    assert.equal(written.code, 0)
    assert.match(written.out, /^wrote mine\/runbooks\/routes\.yaml$/m)
    assert.equal((await paramedic(['init', 'mine'], { cwd: at })).code, 1, 'nothing that is there is touched')
    assert.equal((await paramedic(['check'], { cwd: mine })).code, 0)
    cpSync(join(mine, 'runbooks/add-replica/1.ts'), join(mine, 'runbooks/add-replica/2.ts'))
    const unlocked = await paramedic(['check'], { cwd: mine })
    assert.equal(unlocked.code, 2)
    assert.match(unlocked.err, /^runbooks\/add-replica\/2\.ts:1: add-replica@2 is not released: record it with `paramedic runbook lock`$/m)
    assert.deepEqual(await paramedic(['runbook', 'lock', '--json'], { cwd: mine }).then(({ out }) => JSON.parse(out) as unknown), { added: ['add-replica@2'] })
    assert.equal((await paramedic(['runbook', 'lock'], { cwd: mine })).out, 'nothing new to lock\n')
    assert.equal((await paramedic(['check'], { cwd: mine })).code, 0)
  })
})

describe('routes test', options, () => {
  const rows: [labels: string[], answer: unknown, text: RegExp][] = [
    [['alertname=Slow'], { route: 0, runbook: 'scale@1', mode: 'auto' }, /^scale@1, mode auto$/m],
    [['alertname="Slow"', 'x=y=z'], { route: 0, runbook: 'scale@1', mode: 'auto' }, /^scale@1/],
    [['alertname=Other'], { route: null, runbook: null, mode: null }, /^no runbook: a person is told$/m],
  ]
  for (const [labels, answer, text] of rows) {
    test(labels.join(' '), async (t) => {
      const made = await folder(t)
      const said = await paramedic(['routes', 'test', ...labels], { cwd: made.path })
      assert.equal(said.code, 0, said.err)
      assert.match(said.out, text)
      const { because, ...rest } = JSON.parse((await paramedic(['routes', 'test', '--json', ...labels], { cwd: made.path })).out) as { because: string }
      assert.deepEqual(rest, answer)
      assert.ok(because.length > 10)
    })
  }
})

describe('config and tokens', options, () => {
  test('config says where each value came from, and never a secret', async (t) => {
    const at = temporary(t)
    writeFileSync(join(at, 'paramedic.yaml'), 'unmatched: record\n')
    const env = { PARAMEDIC_SLACK_BOT_TOKEN: 'xoxb-very-secret', PARAMEDIC_SLACK_CHANNEL: 'C1', PARAMEDIC_TOKENS: 'operator:also-secret' }
    const { code, out } = await paramedic(['config', '--json', '--name', 'one'], { cwd: at, env })
    const shown = new Map((JSON.parse(out) as { key: string; value: string; from: string }[]).map((one) => [one.key, one]))
    assert.equal(code, 0)
    assert.doesNotMatch(out, /very-secret|also-secret/)
    assert.deepEqual(shown.get('unmatched'), { key: 'unmatched', value: 'record', from: 'paramedic.yaml:1' })
    assert.deepEqual([shown.get('name'), shown.get('killAfter')].map((one) => [one!.value, one!.from]), [['one', '--name'], ['10s', 'default']])
    assert.match(shown.get('slack.channel')!.from, /PARAMEDIC_SLACK_CHANNEL/)
  })
  test('config with problems: shown all the same, 2', async () => {
    const { code, out, err } = await paramedic(['config', '--kill-after', 'soon', '--listen', '0.0.0.0:1'])
    assert.equal(code, 2)
    assert.match(out, /^SETTING\tVALUE\tFROM$/m)
    assert.match(err, /kill-?after.*soon/i)
  })
  test('a token and its line fit each other', async (t) => {
    const at = temporary(t)
    const { out } = await paramedic(['token', 'new', '--name', 'ann', '--role', 'operator', '--expires', '2099-01-31'])
    const [token = ''] = out.split('\n')
    const yaml = out.slice(out.indexOf('tokens:'))
    assert.match(yaml, new RegExp(`sha256: "${createHash('sha256').update(token).digest('hex')}"`))
    writeFileSync(join(at, 'paramedic.yaml'), yaml)
    assert.equal((await paramedic(['config'], { cwd: at })).code, 0)
    assert.ok(!readFileSync(join(at, 'paramedic.yaml'), 'utf8').includes(token))
  })
})

describe('serve', options, () => {
  test('refuses a configuration with problems: 2, all of them', async () => {
    const { code, err } = await paramedic(['serve', '--listen', '0.0.0.0:9095', '--kill-after', '60s'])
    assert.equal(code, 2)
    assert.match(err, /listen[^]*token/)
    assert.match(err, /lost-?after|lostAfter/i)
  })
})

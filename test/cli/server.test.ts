/** Commands that talk to a server, against a real one: what people read, what programs read, and the exit codes. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { eventually, notification, post } from '../flow/flow.ts'
import { freshPrefix, noKafka, sharedKafka } from '../servers/kafka.ts'
import { bin, paramedic, startServe, type Ran, type Server } from './cli.ts'

const endings: (() => void | Promise<void>)[] = []
const last = { after: (ending: () => void | Promise<void>) => void endings.push(ending) }
const slow = { alertname: 'HighRequestLatency', service: 'web', severity: 'critical' }

/** A catalogue of its own, whose runbook hangs until it is told to go on. */
const runbook = (gate: string): string => `import { runbook, minutes } from 'paramedic'
/** Waits for a file. */
export default runbook({
  target: 'service',
  plan: ({ target }) => ({ changes: [{ target, from: 1, to: 2 }] }),
  steps: [{ name: 'wait', effect: 'read', timeout: minutes(2), run: ({ $ }) => $\`sh -c 'until [ -e "$1" ]; do sleep 0.1; done' sh \${${JSON.stringify(gate)}}\` }],
})
`

describe('the command line with a server', { timeout: 500_000 }, () => {
  let folder: string
  let server: Server
  let where: { cwd: string; env: Record<string, string> }
  const cli = (...args: string[]): Promise<Ran> => paramedic(args, where)
  const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await cli(...args, '--json')).out) as T
  const alert = (labels: Record<string, string>, status = 'firing') => post(`${server.url}/webhooks/alertmanager`, notification([{ labels, status }]))
  const workflow = async (state: string) => eventually(`a workflow is ${state}`, async () => {
    const { items } = (await (await fetch(`${server.url}/v1/workflows`)).json()) as { items: { id: string; state: string }[] }
    return items.find((one) => one.state === state)
  })

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'paramedic-cli-'))
    where = { cwd: join(folder, 'mine'), env: { STATE_DIRECTORY: join(folder, 'state') } }
    assert.equal((await paramedic(['init', 'mine'], { cwd: folder })).code, 0)
    writeFileSync(join(where.cwd, 'services.yaml'), 'services:\n  web: { command: [sleep, infinity], min: 1, max: 5, replicas: 1 }\n')
    writeFileSync(join(where.cwd, 'runbooks/add-replica/2.ts'), runbook(join(folder, 'gate')))
    writeFileSync(join(where.cwd, 'runbooks/routes.yaml'), 'routes:\n  - matchers: [alertname="HighRequestLatency"]\n    runbook: add-replica@2\n    mode: auto\n    trust: granted\n')
    writeFileSync(join(where.cwd, 'policies/add-replica.yaml'), 'runbook: add-replica\npolicies:\n  - { type: targets, names: [web] }\n')
    assert.equal((await cli('runbook', 'lock')).code, 0)
    server = await startServe(last, ['--providers-local-services', 'services.yaml', '--name', 'one'], where)
    where.env['PARAMEDIC_URL'] = server.url
  })
  after(async () => {
    for (const end of endings.reverse()) await end()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  test('a new log is stopped: status says so in capitals, go lifts it by the last six characters', async () => {
    const { out } = await cli('status')
    const [, id] = /^STOPPED everything by paramedic: new log {2}\(paramedic go (\w{6}) --why "…"\)$/m.exec(out)!
    assert.match(out, /^nothing runs or waits$/m)
    const lifted = await cli('go', id!, '--why', 'the test')
    assert.deepEqual([lifted.code, /^lifted \w{6} \(everything\), 0 held$/m.test(lifted.out)], [0, true], lifted.out)
    assert.deepEqual(await cli('go', 'ffffff', '--why', 'x').then(({ code, err }) => [code, /`paramedic stops` lists what there is/.test(err)]), [1, true], 'a stop that is not there')
  })

  test('what is loaded: runbooks, routes, policies; one that is not', async () => {
    assert.match((await cli('runbooks')).out, /^add-replica@2\t[0-9a-f]{12}\tauto\tnew, 0 healed\tservice\tlocal\ttargets\twait \(read\)\tWaits for a file\.$/m)
    assert.equal((await json<unknown[]>('runbooks', 'add-replica')).length, 2)
    assert.deepEqual(await cli('runbooks', 'none').then(({ code, err }) => [code, /no runbook none is in force/.test(err)]), [1, true])
    assert.match((await cli('routes')).out, /\tadd-replica@2\tauto\trunbooks\/routes\.yaml:2$/m)
    assert.match((await cli('policies')).out, /^add-replica\ttargets\ttargets\t\{"names":\["web"\]\}\tpolicies\/add-replica\.yaml:3$/m)
    assert.deepEqual(JSON.parse((await cli('edges', '--json')).out), [], 'nothing outside is configured here')
  })

  test('a stop that covers nothing: 1, said in capitals, and it stands all the same', async () => {
    const { code, out } = await cli('stop', 'target="wbe"', '--why', 'a slip')
    assert.equal(code, 1)
    assert.match(out, /^STOPPED target="wbe" {2}\(\w{6}\)\ncovers 0 running, 0 waiting, 0 routes$/m)
    assert.match(out, /^IT COVERS NOTHING THAT RUNS, WAITS OR COULD START\. It stands all the same/m)
    const stops = await json<{ inForce: boolean; why: string }[]>('stops')
    assert.equal(stops.find(({ why }) => why === 'a slip')?.inForce, true)
    assert.equal((await cli('go', '--all', '--why', 'a slip')).code, 0)
  })

  test('alerts, status, why of what runs; a stop kills it and proves it; watch ends 1', async () => {
    await alert(slow)
    const { id } = await workflow('running')
    assert.match((await cli('alerts')).out, new RegExp(`\\tHighRequestLatency\\tfiring\\t.*\\trunning\\t${id.slice(-6)}$`, 'm'))
    assert.equal((await json<unknown[]>('alerts', 'alertname="Other"')).length, 0)
    assert.match((await cli('status')).out, /^running \(1\)\n.*\n\w{6}\tadd-replica@2\tweb\trunning/m)
    assert.match((await cli('status', id.slice(-6))).out, /^plan: web 1 → 2$/m)
    const why = await cli('why', id.slice(-6))
    assert.match(why.out, /^targets\tallow\t.*web may be touched/m)
    const { items } = (await (await fetch(`${server.url}/v1/episodes`)).json()) as { items: { fingerprint: string }[] }
    assert.equal((await cli('why', items[0]!.fingerprint)).out, why.out, 'an alert is known by its fingerprint too')
    assert.deepEqual(await cli('why', 'nobody').then(({ code, err }) => [code, /`paramedic alerts` lists them/.test(err)]), [1, true])

    const watching = cli('watch', id)
    const stop = await cli('stop', '--why', 'enough')
    assert.equal(stop.code, 0, stop.out)
    assert.match(stop.out, /^STOPPED everything {2}\(\w{6}\)\ncovers 1 running, 0 waiting, 1 routes\n1 of 1 runners, 1 workflows killed in \d+ ms, 0 held\nto lift it: paramedic go \w{6} --why "…"$/m)
    const { code, out } = await watching
    assert.equal(code, 1, 'stopped is not what was wanted')
    assert.match(out, / {2}running[^]* {2}stopped/)
  })

  test('a pause lets it finish; what was held is judged again by go, and watch of a healed one ends 0', async () => {
    assert.equal((await cli('go', '--all', '--why', 'next')).code, 0)
    await alert({ ...slow, zone: 'b' })
    const { id } = await workflow('running')
    const pause = await cli('stop', '--pause', '--why', 'looking')
    assert.match(pause.out, /^PAUSED everything/)
    const watching = cli('watch', id, '--json')
    writeFileSync(join(folder, 'gate'), '')
    await workflow('verifying')
    assert.match((await cli('status')).out, /\tverifying\t\S+\twaits for the end of the alert, until 20/)
    await alert({ ...slow, zone: 'b' }, 'resolved')
    const { code, out } = await watching
    assert.equal(code, 0, out)
    assert.equal((JSON.parse(out.trim().split('\n').at(-1)!) as { state: string }).state, 'healed')
    await alert({ ...slow, zone: 'c' })
    await workflow('planning')
    assert.match((await cli('status')).out, /\tplanning\t[^\n]*\tstopped: held by the stop of [^\n]*: looking, stop \w{6}$/m)
    assert.equal((await cli('stop', '--pause', '--why', 'looking too')).code, 0)
    const go = await cli('go', '--all', '--why', 'looked')
    assert.doesNotMatch(go.out, /more; /, 'held by two, it is one workflow')
    assert.match(go.out, /^lifted \w{6} \(everything\), 1 held: 1 (ran|still waiting|being judged)[^\n]*\n {2}\w{6} add-replica@2 on web: /m)
    assert.match((await cli('stops')).out, /\tlifted\teverything\tpause\t/)
  })

  test('a pause that was pulled for a while lifts itself; a kill does not, and says so', async () => {
    const pause = await cli('stop', 'zone="y"', '--pause', '--for', '1s', '--why', 'a moment', '--json')
    const { id, liftsItself } = JSON.parse(pause.out) as { id: string; liftsItself: string }
    assert.ok(Date.parse(liftsItself) > 0, pause.out)
    const kill = await cli('stop', 'zone="y"', '--for', '1s', '--why', 'a kill')
    assert.deepEqual([kill.code, /A kill never lifts itself/.test(kill.out)], [1, true], kill.out)
    const lifted = (): Promise<{ lifted?: { who: string; why: string } } | undefined> => json<{ id: string; lifted?: { who: string; why: string } }[]>('stops').then((all) => all.find((one) => one.id === id))
    const over = Date.now() + 20_000
    while ((await lifted())?.lifted === undefined && Date.now() < over) await new Promise((resolve) => setTimeout(resolve, 100))
    const { who, why } = (await lifted())!.lifted!
    assert.deepEqual([who, why], ['paramedic', 'its 1s are over'])
    assert.equal((await json<{ why: string; inForce: boolean }[]>('stops')).find((one) => one.why === 'a kill')?.inForce, true)
  })

  test('go --all --except: what stays stopped is stopped before the rest is lifted', async () => {
    assert.equal((await cli('go', '--except', 'a="b"', '--why', 'x')).code, 2, 'not without --all')
    assert.equal((await cli('go', '--all', '--except', 'zone=\'y', '--why', 'x')).code, 2, 'what cannot be read lifts nothing')
    const go = await cli('go', '--all', '--except', 'zone="y"', '--why', 'all but one zone')
    assert.match(go.out, /^stays stopped: zone="y" \(\w{6}\)\nlifted /)
    const stops = (await json<{ matchers: string[]; kind: string; inForce: boolean; why: string }[]>('stops')).filter(({ inForce }) => inForce)
    assert.deepEqual(stops.map(({ matchers, kind, why }) => [matchers, kind, why]), [[['zone="y"'], 'kill', 'all but this goes on: all but one zone']])
    assert.equal((await cli('go', '--all', '--why', 'next')).code, 0)
  })

  test('colour and columns on a terminal only, and NO_COLOR is honoured', { skip: spawnSync('script', ['--version']).error && process.env['CI'] !== 'true' ? 'script is not installed' : false }, () => {
    const onTerminal = (env: Record<string, string>) =>
      spawnSync('script', ['-qec', `${process.execPath} ${bin} stops --url ${server.url}`, '/dev/null'], { encoding: 'utf8', env: { PATH: process.env['PATH'], TERM: 'xterm', ...env } }).stdout
    const coloured = onTerminal({})
    assert.match(coloured, /\u001b\[1mID {2,}STATE {2,}/)
    const plain = onTerminal({ NO_COLOR: '1' })
    assert.doesNotMatch(plain, /\u001b\[/)
    assert.match(plain, /^ID {2,}STATE {2,}COVERS/m)
    assert.doesNotMatch(plain, /\t/)
  })

  test('reload --wait: 0 when every process runs it; 2 with its problems, and the last good one stays', async () => {
    const file = join(where.cwd, 'runbooks/routes.yaml')
    const good = readFileSync(file, 'utf8')
    writeFileSync(file, good.replace('add-replica@2', 'add-replica@9'))
    const refused = await cli('reload', '--wait')
    assert.equal(refused.code, 2)
    assert.match(refused.err, /routes\.yaml:3: .*there is no add-replica@9; of add-replica there are: 1, 2/)
    assert.match((await cli('routes')).out, /add-replica@2/)
    writeFileSync(file, good.replace('mode: auto', 'mode: dry-run'))
    assert.match((await cli('reload', '--wait')).out, /^in force: [0-9a-f]{12} on 1 of 1 processes$/m)
    assert.match((await cli('routes')).out, /\tdry-run\t/)
  })

  test('log: from a position, following, and offline once the server has ended; SIGTERM ends it 0', async () => {
    const entries = (text: string) => text.trim().split('\n').map((line) => JSON.parse(line) as { position: number; kind: string; at: string })
    const all = entries((await cli('log')).out)
    assert.ok(all.some(({ kind }) => kind === 'stop pulled') && all.some(({ kind }) => kind === 'decided'))
    const middle = all[10]!.position
    assert.deepEqual(entries((await cli('log', '--from', String(middle))).out).slice(0, 5), all.slice(10, 15))
    const following = spawn(process.execPath, [bin, 'log', '--follow', '--from', String(all.at(-1)!.position), '--url', server.url], { stdio: ['ignore', 'pipe', 'ignore'] })
    let text = ''
    following.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece))
    await alert({ alertname: 'Novel' })
    await eventually('the new alert comes', async () => text.includes('"Novel"'))
    following.kill()
    assert.equal((await cli('log', '--offline')).code, 1, 'while the server has it open')
    assert.equal(await server.end(), 0, server.said())
    const offline = entries((await cli('log', '--offline')).out)
    assert.deepEqual(offline.slice(0, all.length), all)
  })
})

test('where tokens are asked for: none, a wrong one and one of another role each say what to do', { timeout: 120_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-cli-'))
  const server = await startServe(t, ['--log', 'memory:', '--state', folder], { cwd: join(import.meta.dirname, '../..'), env: { PARAMEDIC_TOKENS: 'viewer:looks,stopper:stops' } })
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  for (const [token, words, hint] of [
    ['', ['status'], /Name a token with --token-file/], ['nobody', ['status'], /The one that was given is not known there, or is over/],
    ['looks', ['stop'], /NOTHING WAS STOPPED: [^]* a viewer reads; a responder also stops/], ['stops', ['status'], /A stopper stops; a viewer reads/],
  ] as const) {
    const { code, err } = await paramedic([...words, '--url', server.url], { env: { PARAMEDIC_TOKEN: token } })
    assert.equal(code, 1, err)
    assert.match(err, hint)
  }
})

describe('the command line with two servers', { skip: noKafka, timeout: 300_000 }, () => {
  test('a stop that one runner does not answer: 1, with its name', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'paramedic-cli-'))
    const log = `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('cli')}`
    const start = (name: string) => startServe(t, ['--log', log, '--name', name, '--state', join(folder, name)], { cwd: join(import.meta.dirname, '../..') })
    const [one, two] = [await start('first'), await start('second')] as const
    t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
    await eventually('they see each other', async () => ((await (await fetch(`${one.url}/v1/runners`)).json()) as { items: unknown[] }).items.length === 2)
    const agreed = await paramedic(['status', '--digest', '--url', one.url])
    assert.deepEqual([agreed.code, /^they agree$/m.test(agreed.out)], [0, true], agreed.out)
    process.kill(two.pid, 'SIGSTOP')
    const { code, out } = await paramedic(['stop', '--why', 'x', '--url', one.url])
    assert.equal(code, 1, out)
    assert.match(out, /^1 of 2 runners/m)
    assert.match(out, /^NO ANSWER FROM second \(\w{6}\): /m)
  })
})

/** A newcomer with nothing but the README: every block of it is used as it stands there, except for ports and places. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { freshPrefix, noKafka, sharedKafka } from '../servers/kafka.ts'
import { endsAfterwards, goesAfterwards } from './afterwards.ts'
import { eventually } from './flow.ts'
import { freePort } from '../servers/ports.ts'

const root = join(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, language, text]) => ({ language: language!, text: text! }))
const block = (start: string): string => blocks.find(({ text }) => text.startsWith(start))?.text ?? assert.fail(`the README has no block that starts with ${start}`)

const isMissing = (binary: string): boolean => process.env['CI'] !== 'true' && spawnSync(binary, ['--version']).error !== undefined
const noAlertmanager = isMissing('amtool') || isMissing('prometheus-alertmanager') ? 'Alertmanager and amtool are not installed' : false

/** What a reader's machine has elsewhere: its ports and its folders. */
interface Place {
  readonly folder: string
  readonly port: number
  readonly secondPort: number
  readonly alertmanagerPort: number
  readonly kafka?: string
  /** What is to be ended before the folder goes, the last one first. */
  readonly endings: (() => Promise<void>)[]
}

const place = async (t: TestContext, kafka?: string): Promise<Place> => {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-readme-'))
  goesAfterwards(folder)
  const endings: Place['endings'] = []
  t.after(async () => {
    for (const end of endings.reverse()) await end()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  return { folder, endings, port: await freePort(), secondPort: await freePort(), alertmanagerPort: await freePort(), ...(kafka === undefined ? {} : { kafka }) }
}

const placed = (text: string, { folder, port, secondPort, alertmanagerPort, kafka = '' }: Place): string =>
  text.replaceAll('npx paramedic', `node ${join(root, 'bin/paramedic.js')}`).replaceAll('127.0.0.1:9095', `127.0.0.1:${port}`).replaceAll('127.0.0.1:9096', `127.0.0.1:${secondPort}`)
    .replaceAll('127.0.0.1:9093', `127.0.0.1:${alertmanagerPort}`).replaceAll(' services.yaml', ` ${folder}/services.yaml`).replaceAll('--state state/', `--state ${folder}/`)
    .replaceAll('kafka://127.0.0.1:9092/paramedic', kafka).replaceAll('../our-runbooks', `${folder}/our-runbooks`)

const env = ({ folder, port }: Place) =>
  ({ ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, PARAMEDIC_URL: `http://127.0.0.1:${port}`, PARAMEDIC_LISTEN: `127.0.0.1:${port}`, STATE_DIRECTORY: join(folder, 'state') })

/** A line as a shell runs it, to its end. */
const run = async (line: string, at: Place): Promise<{ code: number; out: string }> => {
  const child = spawn('bash', ['-c', placed(line, at)], { cwd: root, env: env(at), timeout: 120_000, killSignal: 'SIGKILL' })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (out += text))
  const [code] = (await once(child, 'close')) as [number]
  return { code, out }
}

/** A line that goes on until the test ends. */
const start = (line: string, at: Place): void => {
  const [command = '', ...args] = placed(line.trim(), at).split(' ')
  const child = spawn(command, args, { cwd: root, env: env(at), stdio: 'ignore' })
  endsAfterwards(child)
  at.endings.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'))
    await exit
    clearTimeout(timer)
  })
}

const answers = (url: string): Promise<boolean> => fetch(url).then((answer) => answer.ok, () => false)
const lines = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '')

describe('the README, word by word', { timeout: 400_000 }, () => {
  test('from the first start to a healed alert, with the real Alertmanager, and the stop', { skip: noAlertmanager }, async (t) => {
    const at = await place(t)
    writeFileSync(join(at.folder, 'services.yaml'), block('services:'))
    start(block('npx paramedic serve --providers'), at)
    await eventually('it listens', () => answers(`http://127.0.0.1:${at.port}/readyz`))
    const [lift, routed] = lines(block('npx paramedic go --all --why "first start"\nnpx paramedic routes'))
    assert.match((await run(lift!, at)).out, /^lifted \w{6} \(everything\)/)
    assert.match((await run(routed!, at)).out, /^scale-service@1, mode auto$/m)

    await startAlertmanager(at, 'http://127.0.0.1:9/')
    const [fire, alerts, resolve, status] = lines(block('amtool'))
    assert.equal((await run(fire!, at)).code, 0)
    await eventually('it waits for the end of the alert', async () => /HighRequestLatency\tfiring\t.*\tverifying/.test((await run(alerts!, at)).out))
    assert.match((await run(status!, at)).out, /scale-service@1\tweb\tverifying/)
    assert.equal((await run(resolve!, at)).code, 0)
    await eventually('healed', async () => /HighRequestLatency\tresolved\t.*\thealed/.test((await run(alerts!, at)).out))
    assert.match((await run(status!, at)).out, /^nothing runs or waits/)

    const [stop, curl, go] = lines(block('npx paramedic stop'))
    const stopped = await run(stop!, at)
    assert.equal(stopped.code, 0, stopped.out)
    assert.match(stopped.out, /^STOPPED everything[^]*1 of 1 runners, 0 workflows killed/)
    const { matchers, acknowledgements, missing } = JSON.parse((await run(curl!.replace('curl', 'curl -s'), at)).out) as { matchers: string[]; acknowledgements: unknown[]; missing: unknown[] }
    assert.deepEqual([matchers, acknowledgements.length, missing], [[], 1, []])
    assert.equal((await run(go!, at)).out.match(/^lifted /gm)?.length, 2)
  })

  test('two servers on a real Kafka, and one stop for both', { skip: noKafka }, async (t) => {
    const at = await place(t, `kafka://${(await sharedKafka()).join(',')}/${freshPrefix('readme')}`)
    const [one, two] = lines(block('npx paramedic serve --name one'))
    start(one!, at)
    start(two!, at)
    for (const port of [at.port, at.secondPort]) await eventually('both are ready', () => answers(`http://127.0.0.1:${port}/readyz`), 90_000)
    const runners = async () => ((await (await fetch(`http://127.0.0.1:${at.port}/v1/runners`)).json()) as { items: unknown[] }).items.length
    await eventually('they see each other', async () => (await runners()) === 2)
    const [lift, stop] = lines(block('npx paramedic go --all --why "first start"\nnpx paramedic stop'))
    assert.match((await run(lift!, at)).out, /^lifted/)
    assert.match((await run(stop!, at)).out, /^STOPPED everything[^]*2 of 2 runners/)
  })

  test('a catalogue of one\'s own', async (t) => {
    const at = await place(t)
    assert.equal((await run(block('npx paramedic init'), at)).code, 0)
    const checked = await run(`cd ${at.folder}/our-runbooks && npx paramedic check`, at)
    assert.deepEqual([checked.code, /^good: 1 runbook,/m.test(checked.out)], [0, true], checked.out)
  })
})

describe('the snippet for Alertmanager', { skip: noAlertmanager, timeout: 120_000 }, () => {
  test('amtool takes it, and sends each alert where the page says', async (t) => {
    const at = await place(t)
    const file = configFile(at, block('route:'))
    const receivers = async (labels: string) => (await run(`amtool config routes test --config.file ${file} ${labels}`, at)).out.trim().split('\n').at(-1)
    assert.equal((await run(`amtool check-config ${file}`, at)).code, 0)
    assert.equal(await receivers('alertname=Any severity=critical'), 'paramedic,pager')
    assert.equal(await receivers('alertname=Watchdog'), 'paramedic,nobody', 'once, not by two routes')
  })

  test('what heals in time never pages, what stays does, and the Watchdog comes again and again by one route', async (t) => {
    const at = await place(t)
    const heard: { receiver: string; alert: string; status: string; repeat: number }[] = []
    const catcher = createServer((request, response) => {
      let body = ''
      request.on('data', (text: string) => (body += text)).on('end', () => {
        const { receiver, alerts } = JSON.parse(body) as { receiver: string; alerts: { labels: { alertname: string }; status: string }[] }
        for (const { labels, status } of alerts) heard.push({ receiver, alert: labels.alertname, status, repeat: heard.length })
        response.end()
      })
    }).listen(at.port, '127.0.0.1')
    t.after(() => catcher.close())
    await startAlertmanager(at, `http://127.0.0.1:${at.port}/pager`)
    const fire = (name: string, more = '') => run(`amtool --alertmanager.url=http://127.0.0.1:9093 alert add ${name} severity=critical ${more}`, at)
    for (const name of ['Watchdog', 'Heals', 'Stays']) assert.equal((await fire(name)).code, 0)
    const count = (receiver: string, alert: string, status = 'firing') => heard.filter((one) => one.receiver === receiver && one.alert === alert && one.status === status).length
    await eventually('Paramedic hears of all', async () => ['Watchdog', 'Heals', 'Stays'].every((name) => count('paramedic', name) > 0))
    await fire('Heals', `--end=${new Date().toISOString()}`)
    await eventually('and that one is over', async () => count('paramedic', 'Heals', 'resolved') === 1)
    await eventually('the pager is told of what stays', async () => count('pager', 'Stays') > 0)
    await eventually('the Watchdog comes again', async () => count('paramedic', 'Watchdog') >= 3)
    assert.deepEqual([count('pager', 'Heals'), count('pager', 'Watchdog'), count('nobody', 'Watchdog'), count('paramedic', 'Stays')], [0, 0, 0, 1])
  })
})

test('what the README shows of the demo is what the demo promises', () => {
  const demo = readFileSync(join(root, 'test/cli/demo.test.ts'), 'utf8')
  const shown = [...block('1. An alert, healed').matchAll(/✔ ([^:]+):/g)].map(([, what]) => what!)
  assert.ok(shown.length > 10)
  assert.deepEqual(shown.filter((what) => !demo.includes(`'${what}'`)), [])
})

test('no block and no command of the README is left out', () => {
  const used = ['npm ci && npm run demo', '1. An alert, healed', 'npx paramedic stop', 'services:', 'npx paramedic serve --providers', 'npx paramedic go --all --why "first start"\nnpx paramedic routes',
    'route:', 'amtool', 'npx paramedic serve --name one', 'npx paramedic go --all --why "first start"\nnpx paramedic stop', 'npx paramedic init']
  assert.deepEqual(blocks.filter(({ text }) => !used.some((start) => text.startsWith(start))).map(({ text }) => text), [])
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
  for (const [, name = ''] of readme.matchAll(/npm (?:run )?(demo|test|check|start|bench)\b/g)) assert.ok(scripts[name], `npm run ${name}`)
  for (const [, path = ''] of readme.matchAll(/\]\(([^)]+)\)/g)) assert.ok(isThere(path), `${path} is there`)
})

const isThere = (path: string): boolean => spawnSync('test', ['-e', join(root, path)]).status === 0

/** Its own times, a thirtieth as long; a token; and a pager that can be heard. */
function configFile(at: Place, snippet: string, pager?: string): string {
  mkdirSync(at.folder, { recursive: true })
  writeFileSync(join(at.folder, 'token'), 'not-asked-for-on-loopback\n')
  const file = join(at.folder, 'alertmanager.yml')
  const hearing = pager === undefined ? snippet : snippet.replace(/- name: pager.*/, `- name: pager\n    webhook_configs: [{ url: '${pager}' }]`)
  writeFileSync(file, placed(hearing, at).replaceAll('/etc/alertmanager/paramedic.token', join(at.folder, 'token')))
  return file
}

async function startAlertmanager(at: Place, pager: string): Promise<void> {
  const file = configFile(at, block('route:').replace(/(group_wait|_interval): (\d)m/g, (_, name: string, minutes: string) => `${name}: ${Number(minutes) * 2}s`), pager)
  const child = spawn('prometheus-alertmanager', [`--config.file=${file}`, `--storage.path=${at.folder}/am`, `--web.listen-address=127.0.0.1:${at.alertmanagerPort}`, '--cluster.listen-address='], { stdio: 'ignore' })
  endsAfterwards(child)
  at.endings.push(async () => {
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  })
  await eventually('Alertmanager is ready', () => answers(`http://127.0.0.1:${at.alertmanagerPort}/-/ready`))
}

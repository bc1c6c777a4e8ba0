/** What is told of the past, from a real server and then from its log alone: the same answers. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { eventually, notification, post, workflowsOf } from '../flow/flow.ts'
import { paramedic, startServe, type Ran, type Server } from './cli.ts'

const endings: (() => void | Promise<void>)[] = []
const runbook = `import { runbook, minutes } from 'paramedic'
/** Says that it did it. */
export default runbook({
  target: 'service',
  plan: ({ target }) => ({ changes: [{ target, from: 1, to: 2 }] }),
  steps: [{ name: 'act', effect: 'repeatable', timeout: minutes(1), run: () => 'done' }],
})
`

describe('the past, on the command line', { timeout: 300_000 }, () => {
  let folder: string
  let server: Server
  let where: { cwd: string; env: Record<string, string> }
  let ran: { id: string }
  const cli = (...args: string[]): Promise<Ran> => paramedic(args, where)
  const labels = (service: string) => ({ alertname: 'Slow', service })

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'paramedic-past-'))
    where = { cwd: join(folder, 'mine'), env: { STATE_DIRECTORY: join(folder, 'state') } }
    assert.equal((await paramedic(['init', 'mine'], { cwd: folder })).code, 0)
    writeFileSync(join(where.cwd, 'services.yaml'), 'services:\n  web: { command: [sleep, infinity], min: 1, max: 5, replicas: 1 }\n  api: { command: [sleep, infinity], min: 1, max: 5, replicas: 1 }\n')
    writeFileSync(join(where.cwd, 'runbooks/add-replica/2.ts'), runbook)
    writeFileSync(join(where.cwd, 'runbooks/routes.yaml'), 'routes:\n  - matchers: [alertname="Slow"]\n    runbook: add-replica@2\n    mode: auto\n    trust: granted\n')
    writeFileSync(join(where.cwd, 'policies/add-replica.yaml'), 'runbook: add-replica\npolicies:\n  - { type: targets, names: [web] }\n')
    assert.equal((await cli('runbook', 'lock')).code, 0)
    server = await startServe({ after: (ending) => void endings.push(ending as () => void) }, ['--providers-local-services', 'services.yaml'], where)
    where.env['PARAMEDIC_URL'] = server.url
    assert.equal((await cli('go', '--all', '--why', 'test')).code, 0)
    await post(`${server.url}/webhooks/alertmanager`, notification([{ labels: labels('web') }, { labels: labels('api') }, { labels: { alertname: 'Other' } }]))
    ran = await eventually('one ran, one was refused', async () => {
      const all = await workflowsOf(server.url)
      return all.some((one) => one.state === 'refused') && all.find((one) => one.state === 'verifying')
    })
  })
  after(async () => {
    for (const end of endings.reverse()) await end()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  test('explain: the decision comes out the same, with its position and its catalogue', async () => {
    const { code, out, err } = await cli('explain', ran.id.slice(-6))
    assert.equal(code, 0, out + err)
    assert.match(out, /^entry \d+ at \S+, judged at position \d+ under catalogue [0-9a-f]{12}: start$/m)
    assert.match(out, /^judged again: the same$/m)
    assert.match(out, /^targets\tallow: .*\tthe same$/m)
  })
  test('report counts them, changes has the one that was made', async () => {
    const { ended, refused, unanswered, alerts } = JSON.parse((await cli('report', '--json')).out) as Record<string, unknown>
    assert.deepEqual([alerts, ended, refused, unanswered], [3, { refused: 1 }, { targets: 1 }, { 'no route': 1 }])
    const { out } = await cli('changes', 'target="web"')
    assert.match(out, /^\S+Z\tweb\t1\t2\tdone\tadd-replica@2\t\w{6}\tSlow$/m)
    const [annotation, ...others] = (await cli('changes', 'target="web"', '--annotations')).out.trim().split('\n').map((line) => JSON.parse(line) as { time: number; tags: string[]; text: string })
    assert.deepEqual([annotation!.tags, others], [['paramedic', 'add-replica@2', 'web', 'done'], []])
    assert.match(annotation!.text, /^web: 1 → 2 by add-replica@2 \(done\), Slow \[\w{6}\]$/)
    assert.ok(Math.abs(annotation!.time - Date.now()) < 600_000)
  })
  test('with --offline, once the server has ended: the same', async () => {
    await server.end()
    const { code, out, err } = await cli('explain', ran.id, '--offline', '--json')
    assert.equal(code, 0, err)
    assert.equal((JSON.parse(out) as { same: boolean }).same, true)
    assert.equal((await cli('changes', 'target="api"', '--offline')).out, 'nothing was changed\n')
  })
  test('backtest: of what is in force zero differences, of a tighter list the one that it refuses', async () => {
    const same = await cli('backtest', '--offline', '--routes', 'runbooks/routes.yaml', '--policies', 'policies')
    assert.match(same.out, /^0 of 3 differ$/m, same.err)
    mkdirSync(join(folder, 'tighter'))
    writeFileSync(join(folder, 'tighter/add-replica.yaml'), 'runbook: add-replica\npolicies:\n  - { type: targets, names: [api] }\n')
    assert.match((await cli('backtest', '--offline', '--policies', join(folder, 'tighter'))).out, /^2 of 3 differ$[^]*\tSlow\t\w{6}\tstart\trefuse, targets: /m)
  })
})

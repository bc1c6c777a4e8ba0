/** Alert rules against the routes of the files here: the table's last column is what a reviewer wants to know. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { coverage } from '../../src/core/coverage.ts'
import { folder } from '../catalog/folders.ts'
import { paramedic } from './cli.ts'

const rules = (name: string): string => join(import.meta.dirname, '../fixtures/rules', name)

describe('which route answers the alerts of a rule', () => {
  const routes = [
    { matchers: ['alertname="Slow"', 'service="web"'] }, { matchers: ['alertname=~"Slow|Hung"', 'severity="critical"'] }, { matchers: ['alertname="Hung"', 'team!="db"'] }, { matchers: ['alertname="Disk"', 'severity!="none"'] },
  ]
  const table: [labels: Record<string, string>, templated: string[], route: number | undefined, some: number[], why: string][] = [
    [{ alertname: 'Slow', severity: 'critical' }, [], 1, [0], 'the first needs a service that only the series knows; the second takes the rest'],
    [{ alertname: 'Slow', severity: 'warning' }, [], undefined, [0], 'of the critical route it is known that it does not'],
    [{ alertname: 'Slow', severity: 'critical', service: 'api' }, [], 1, [], 'the rule itself says another service'],
    [{ alertname: 'Slow', severity: 'critical', service: '{{ $labels.job }}' }, ['service'], 1, [0], 'what is made when it fires may be anything'],
    [{ alertname: 'Hung' }, [], undefined, [1, 2], 'a negative matcher takes a missing label, and the series may bring one'],
    [{ alertname: 'Disk', severity: 'warning' }, [], 3, [], 'everything that it asks for is written in the rule'],
    [{ alertname: 'Other' }, [], undefined, [], 'nobody'],
  ]
  for (const [labels, templated, route, some, why] of table) {
    test(`${JSON.stringify(labels)}: ${why}`, () => {
      const found = coverage(routes)({ labels: new Map(Object.entries(labels)), templated: new Set(templated) })
      assert.deepEqual([found.route, found.some.map((one) => one.route)], [route, some])
    })
  }
})

describe('routes coverage', { timeout: 300_000 }, () => {
  const written = `routes:
  - { matchers: [alertname="Slow"], runbook: scale@1, mode: auto }
  - { matchers: [alertname="Hung", service="web"], runbook: scale@1, mode: dry-run }
  - { matchers: [alertname="Watchdog"], heartbeat: 5m }
`
  test('lists what nobody answers first, and ends 1 for it', async (t) => {
    const made = await folder(t, { 'runbooks/routes.yaml': written })
    const { code, out, err } = await paramedic(['routes', 'coverage', rules('web.yaml'), rules('operator.yaml')], { cwd: made.path })
    assert.equal(err, '')
    assert.equal(code, 1)
    assert.deepEqual(out.replace(/\n$/, '').split('\n').map((line) => line.split('\t').map((cell) => cell.replace(/^.*\/rules\//, '')).join(' | ')), [
      'ANSWER | ALERT | RULE | BY | ONLY IF',
      'none | DiskFull | web.yaml:11 |  | ',
      'some | Hung | web.yaml:9 | scale@1, dry-run (runbooks/routes.yaml:3) | service="web"',
      'all | Slow | web.yaml:6 | scale@1, auto (runbooks/routes.yaml:2) | ',
      'all | Watchdog | operator.yaml:8 | heartbeat (runbooks/routes.yaml:4) | ',
    ])
  })
  test('as JSON; with every rule answered it ends 0', async (t) => {
    const made = await folder(t, { 'runbooks/routes.yaml': written })
    const { code, out } = await paramedic(['routes', 'coverage', '--json', rules('operator.yaml')], { cwd: made.path })
    const [rule] = JSON.parse(out) as { alert: string; answer: string; by: { route: number }; some: unknown[] }[]
    assert.deepEqual([code, rule!.alert, rule!.answer, rule!.by.route, rule!.some], [0, 'Watchdog', 'all', 2, []])
  })
  const wrong: [file: string, says: RegExp][] = [['none.yaml', /none\.yaml:1: cannot be read \(ENOENT\)/], ['../notation.json', /has no groups/]]
  for (const [file, says] of wrong) {
    test(`${file}: 2, with the place`, async (t) => {
      const made = await folder(t)
      const { code, err } = await paramedic(['routes', 'coverage', rules(file)], { cwd: made.path })
      assert.equal(code, 2)
      assert.match(err, says)
    })
  }
})

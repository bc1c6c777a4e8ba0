/** A runbook made of an alert: where its route goes, and what hostile text may not do. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lockCatalogue } from '../../src/catalog/lock.ts'
import { scaffold } from '../../src/catalog/scaffold/scaffold.ts'
import { compileRoutes } from '../../src/core/routing.ts'
import { folder } from './folders.ts'

const other = 'routes:\n  # About the slow ones,\n  # in two lines.\n  - matchers: [alertname="Slow"]\n    runbook: scale@1\n    mode: auto\n'
const stuck = { alertname: 'Stuck', service: 'web', severity: 'warning' }

const places: readonly (readonly [reason: string, routes: string, labels: Record<string, string>, line: number | RegExp])[] = [
  ['at the end, where nothing takes it', other, stuck, 7],
  ['the first of all', 'routes: []\n', stuck, 2],
  ['before what takes everything, and before the comment of that', `${other}  # The rest.\n  - matchers: [alertname=~".+"]\n    unmatched: record\n`, stuck, 7],
  ['with more of its labels, where its name alone would take all from another', 'routes:\n  - matchers: [alertname="Stuck", severity=~"warning|info"]\n    unmatched: record\n', stuck, 2],
  ['nowhere, where it is answered already', other, { ...stuck, alertname: 'Slow' }, /routes\.yaml:4 answers it already, by scale@1/],
  ['nowhere, where it would take all from another', 'routes:\n  - matchers: [alertname="Stuck", severity="warning", service="web"]\n    unmatched: record\n', stuck, /without taking all from another/],
  ['a name with quotes, brackets and an end of a comment', other, { ...stuck, alertname: `it's "stuck" [*/] #x` }, 7],
]
for (const [reason, routes, labels, line] of places) {
  test(`a route for it: ${reason}`, { timeout: 60_000 }, async (t) => {
    const made = await folder(t, { 'runbooks/routes.yaml': routes })
    const result = await scaffold('fix-it', { labels, annotations: { summary: '*/ process.exit(1) /* \u2028 `${x}`' }, fixed: [{ who: 'ann */', text: 'kicked it\n*/ twice' }] }, made)
    if (typeof line !== 'number') {
      assert.match(result.problems.join(), line)
      assert.equal(readFileSync(join(made.path, 'runbooks/routes.yaml'), 'utf8'), routes, 'nothing was written')
      return
    }
    assert.deepEqual([result.problems, result.line], [[], line])
    assert.equal((await lockCatalogue(made.runbooks)).problems.length, 0)
    const { catalogue, problems } = await made.read()
    assert.deepEqual(problems, [])
    assert.equal(compileRoutes(catalogue!.routes).route(new Map(Object.entries(labels)))?.route.runbook?.name, 'fix-it')
    assert.match(catalogue!.runbooks['fix-it@1']!.about, /Fixed by hand by ann \* \/:\n {2}kicked it|kicked it/)
    const later = await scaffold('fix-it', { labels, annotations: {}, fixed: [] }, made)
    assert.match(later.problems.join(), /is there already/)
  })
}

const targets: readonly (readonly [labels: Record<string, string>, target: string, provider: string])[] = [
  [{ service: 'web', namespace: 'shop', deployment: 'web' }, 'service', 'local'],
  [{ namespace: 'shop', deployment: 'web' }, 'namespace/deployment', 'kubernetes'],
  [{ instance: 'web-1:9100', name: 'nginx.service' }, 'instance/name', 'host'],
  [{ instance: 'web-1:9100' }, 'instance', 'host'],
  [{}, 'alertname', 'none'],
]
test('what names the target is what the alert has', { timeout: 60_000 }, async (t) => {
  for (const [at, [labels, target, provider]] of targets.entries()) {
    const made = await folder(t)
    await scaffold(`fix-${at}`, { labels: { alertname: `Odd${at}`, ...labels }, annotations: {}, fixed: [] }, made)
    await lockCatalogue(made.runbooks)
    const manifest = (await made.read()).catalogue!.runbooks[`fix-${at}@1`]!
    assert.deepEqual([manifest.target, manifest.provider], [target, provider])
  }
})

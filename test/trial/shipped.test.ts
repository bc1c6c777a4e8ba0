/** Every runbook that comes with Paramedic heals its trial's fault, needs each of its steps for it, and is found by the alerts that people have. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { readCatalogue } from '../../src/catalog/read.ts'
import { readScripts, type Script } from '../../src/catalog/scripts.ts'
import type { Catalogue } from '../../src/core/catalogue.ts'
import { compileRoutes } from '../../src/core/routing.ts'
import type { Trial } from '../../src/runbook.ts'
import { tryScript } from '../../src/trial/trials.ts'

const root = join(import.meta.dirname, '../..')
const runbooks = join(root, 'runbooks')
const { scripts } = await readScripts(runbooks)
const trialOf = async ({ name, version }: Script): Promise<Trial> => ((await import(join(runbooks, name, `${version}.test.ts`))) as { default: Trial }).default

describe('the runbooks that come with Paramedic', { timeout: 120_000 }, () => {
  let catalogue: Catalogue
  before(async () => {
    const reading = await readCatalogue({ runbooks, policies: join(root, 'policies') })
    assert.deepEqual([reading.problems, reading.warnings], [[], []])
    catalogue = reading.catalogue!
  })

  for (const script of scripts) {
    test(`${script.id} heals its trial's fault, and without any one of its steps it does not`, async () => {
      const whole = await tryScript(script, { runbooks })
      assert.deepEqual(whole.problems, [])
      for (const [without, { name }] of whole.steps.entries()) {
        const { problems } = await tryScript(script, { runbooks, without })
        assert.notDeepEqual(problems, [], `nobody misses the step "${name}"`)
      }
    })

    test(`${script.id} says when it is meant, and when not`, () => {
      const { about } = catalogue.runbooks[script.id]!
      for (const part of ['What: ', 'When: ', 'When not: ']) assert.ok(about.includes(part), part)
    })

    test(`${script.id} is what the alert of its trial leads to`, async () => {
      const trial = await trialOf(script)
      const { route } = compileRoutes(catalogue.routes).route(new Map(Object.entries(trial.alert.labels)))!
      assert.deepEqual([route.runbook, route.target], [{ name: script.name, version: script.version }, trial.target])
    })
  }

  test('every alert that the routes name is one that people have', () => {
    const known = JSON.parse(readFileSync(join(root, 'test/fixtures/known-alerts.json'), 'utf8')) as { alert: string }[]
    const own = ['HighRequestLatency', 'ServiceHung', 'ServiceMemoryLeak', 'Watchdog', 'InfoInhibitor']
    const named = catalogue.routes.flatMap(({ matchers }) => matchers.flatMap((one) => /^alertname=~?"(.*)"$/.exec(one)?.[1]?.split('|') ?? []))
    assert.deepEqual(named.filter((name) => !own.includes(name) && !known.some(({ alert }) => alert === name)), [])
    assert.deepEqual(known.filter(({ alert }) => !named.includes(alert)), [])
  })
})

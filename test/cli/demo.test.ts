/** The demo from its first to its last moment, with nothing left behind; and that it says so when something did not happen. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { findAlertmanager } from '../../src/cli/demo/alertmanager.ts'
import { runDemo, type DemoOptions, type DemoResult } from '../../src/cli/demo/demo.ts'

const own = fileURLToPath(new URL('../../runbooks/', import.meta.url))
const usual = tmpdir()
const options = { timeout: 300_000 }

/** Processes that name one of our folders, in their arguments or as where they stand. */
const processesOf = (folder: string): string[] =>
  readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid).flatMap((entry) => {
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, 'latin1').replaceAll('\0', ' ')
      return command.includes(folder) || readFileSync(`/proc/${entry}/environ`, 'latin1').includes(folder) ? [`${entry} ${command}`] : []
    } catch {
      return []
    }
  })

/** Plays it in a temporary folder of its own, and looks there afterwards. */
async function played(more: Omit<DemoOptions, 'write'> & { heard?(text: string): void } = {}): Promise<DemoResult & { text: string }> {
  const folder = mkdtempSync(join(usual, 'demo-test-'))
  let text = ''
  process.env['TMPDIR'] = folder
  try {
    const result = await runDemo({ ...more, write: (piece) => {
      text += piece
      more.heard?.(piece)
    } })
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('paramedic-')), [], 'no folder is left')
    assert.deepEqual(processesOf(folder), [], 'no process is left')
    return { ...result, text }
  } finally {
    delete process.env['TMPDIR']
    rmSync(folder, { recursive: true, force: true })
  }
}

const happened = ({ moments, text }: DemoResult & { text: string }): string[] => {
  assert.deepEqual(moments.filter((one) => !one.happened), [], text)
  return moments.map(({ what }) => what)
}

const promised = [
  'The shop is open', 'Paramedic listens', 'The stop is lifted', 'The alert fires', 'Matched', 'Planned', 'Judged', 'A replica is added',
  'The alert goes away', 'Healed', 'People are told', 'The runbook hangs', 'Stopped, and proved', 'Nothing survived',
  'While it is stopped nothing starts', 'Go', 'What was held', 'What was killed',
]

describe('the demo', () => {
  const runbooks = mkdtempSync(join(usual, 'demo-runbooks-'))
  before(() => {
    cpSync(own, runbooks, { recursive: true })
    const script = join(runbooks, 'scale-service', '1.ts')
    const text = readFileSync(script, 'utf8')
    const without = text.replace('await scale.set(target, to, { version: plan.notes.version })', 'now')
    assert.notEqual(without, text, 'the scaling step is found in the script')
    writeFileSync(script, without.replace('ready >= replicas &&', 'ready > 0 &&'))
  })
  after(() => rmSync(runbooks, { recursive: true, force: true }))

  test('everything that it promises happens, it can be left up, and nothing is left behind', options, async () => {
    const end = new AbortController()
    let alive: Promise<number> | undefined
    const result = await played({ keep: true, signal: end.signal, heard: (text) => {
      const url = /Left up at (\S+)/.exec(text)?.[1]
      if (url !== undefined) alive ??= fetch(`${url}/livez`).then(({ status }) => status).finally(() => end.abort())
    } })
    assert.deepEqual(happened(result), promised)
    assert.equal(result.exitCode, 0)
    assert.equal(await alive, 200, 'left up, it answers')
    assert.match(result.text, /web 2 → 3 replicas/)
    assert.match(result.text, /│ .*CertificateExpiresSoon/, 'the message to people is shown')
    assert.match(result.text, /1 of 1 runners, 1 workflow killed in \d+ ms, 0 survivors/)
    assert.equal(result.text.match(/^ {2}npx paramedic /gm)?.length, 3, 'three commands to try next')
  })

  test('with the scaling step taken out the alert is not healed, it says so, and ends 1', options, async () => {
    const result = await played({ runbooks, patienceMs: 12_000 })
    assert.equal(result.exitCode, 1, result.text)
    assert.deepEqual(result.moments.filter((one) => !one.happened).map(({ what }) => what), ['An alert, healed'], result.text)
    assert.ok(!result.moments.some(({ what }) => what === 'A replica is added'))
    assert.ok(result.moments.some(({ what }) => what === 'Stopped, and proved'), 'the other chapters are played')
    assert.match(result.text, /DID NOT HAPPEN: a replica is added: not within 12 s/)
  })

  test('ended by a signal in the middle it ends 1 and leaves nothing', options, async () => {
    const end = new AbortController()
    const result = await played({ signal: end.signal, heard: (text) => void (text.includes('A rush') && setTimeout(() => end.abort(), 300)) })
    assert.equal(result.exitCode, 1)
    assert.match(result.text, /ended by a signal/)
  })

  const missing = findAlertmanager() === undefined && process.env['CI'] !== 'true' ? 'Alertmanager is not installed' : false
  test('with the real Alertmanager everything happens as well', { ...options, skip: missing }, async () => {
    const result = await played({ alertmanager: true })
    assert.deepEqual(happened(result), promised)
    assert.match(result.text, /Alertmanager posts it/)
    assert.equal(result.exitCode, 0)
  })

  test('where Alertmanager is not installed, that is said, and it ends 2', options, async () => {
    const { PATH } = process.env
    process.env['PATH'] = '/nowhere'
    try {
      const { exitCode, text } = await played({ alertmanager: true })
      assert.equal(exitCode, 2)
      assert.match(text, /install it .* or run the demo without --alertmanager/)
    } finally {
      process.env['PATH'] = PATH
    }
  })
})

/** What the README tells people to paste works as pasted. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, language, text]) => ({ language, text: text! }))
const noAmtool = spawnSync('amtool', ['--version']).error && process.env['CI'] !== 'true' ? 'amtool is not installed' : false

test('the Alertmanager snippet is one that Alertmanager takes, and it tells Paramedic first', { skip: noAmtool }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'paramedic-readme-'))
  writeFileSync(join(dir, 'token'), 'x')
  const snippet = blocks.find(({ text }) => text.startsWith('route:'))!.text.replace('/etc/alertmanager/paramedic.token', join(dir, 'token'))
  const file = join(dir, 'alertmanager.yaml')
  writeFileSync(file, snippet)
  const checked = spawnSync('amtool', ['check-config', file], { encoding: 'utf8' })
  assert.equal(checked.status, 0, checked.stdout + checked.stderr)
  const routed = spawnSync('amtool', ['config', 'routes', 'test', '--config.file', file, 'alertname=Any'], { encoding: 'utf8' })
  assert.match(routed.stdout, /^paramedic/)
})

test('every npx paramedic line of the README is a command with these options', () => {
  const lines = blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.split('\n')).filter((line) => line.startsWith('npx paramedic'))
  assert.ok(lines.length >= 3)
  for (const line of lines) {
    const words = line.replace(/#.*/, '').trim().split(' ').slice(2)
    const help = spawnSync(process.execPath, [join(root, 'bin/paramedic.js'), words[0]!, '--help'], { encoding: 'utf8' })
    assert.equal(help.status, 0, `${line}: ${help.stderr}`)
    for (const option of words.filter((word) => word.startsWith('--'))) assert.ok(help.stdout.includes(option), `${line}: ${option}`)
  }
})

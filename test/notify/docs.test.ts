/** docs/slack.md says what the code does. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { keys } from '../../src/config/settings.ts'
import { parseCommand } from '../../src/notify/command.ts'
import { helpText, usages } from '../../src/notify/help.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/slack.md'), 'utf8')

test('the table of commands is that of the code, and each is understood', () => {
  const rows = [...page.matchAll(/^\| `(.+?)` \| (.+?) \| (everyone|who is listed) \|$/gm)].map(([, usage, does, who]) => ({ usage: usage!.replaceAll('\\|', '|'), does, who }))
  assert.deepEqual(rows, Object.values(usages))
  for (const [name, { usage }] of Object.entries(usages)) {
    assert.deepEqual(parseCommand(usage)?.command, name)
    assert.ok(helpText.includes(`/paramedic ${usage}`))
  }
})

test('the settings that it names are settings', () => {
  const named = [...page.matchAll(/`(slack\.\w+)`/g)].map(([, key]) => key!.replace(/File$/, ''))
  assert.ok(named.length > 4)
  for (const key of named) assert.ok((keys as readonly string[]).includes(key), key)
})

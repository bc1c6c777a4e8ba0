/** What every message says, and that Slack takes it, whatever the labels are. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { sampleNotices } from '../../docs/generate/sample-notices.ts'
import { toBlocks, toLine } from '../../src/notify/blocks.ts'
import type { Card, Part } from '../../src/notify/card.ts'
import type { NoticeView, View } from '../../src/notify/message.ts'
import { cardOf, render, renderAgain, renderText } from '../../src/notify/render.ts'
import { viewOf } from '../../src/notify/view.ts'
import { Story } from '../core/story.ts'
import { buttonsOf, readable } from '../servers/slack-shown.ts'
import { readMessage } from '../servers/slack-rules.ts'

const samples = sampleNotices()
const sample = (when: RegExp): NoticeView => samples.find((one) => when.test(one.when))!.view
const said = (view: View): string => readable(render(view))

test('Slack takes every kind of message, and each has its plain twin', () => {
  for (const { when, view, again } of samples) {
    const message = again ? renderAgain(view, 900_000) : render(view)
    const { refused, mentions } = readMessage(message.text, message.blocks)
    assert.equal(refused, undefined, when)
    assert.deepEqual(mentions, [])
    assert.ok(renderText(view).length > 20, when)
  }
  const kinds = new Set(samples.map(({ view }) => view.kind))
  assert.deepEqual([...kinds].sort(), ['bad alerts', 'catalogue', 'heartbeat', 'runner lost', 'stop', 'suspended', 'trust', 'unknown', 'workflow'])
})

describe('whoever is called learns what is known, what was done, and what to do next', () => {
  const calls: readonly (readonly [RegExp, readonly RegExp[]])[] = [
    [/no route knows/, [/DiskWillFill ×3/, /mountpoint="\/var"/, /instance: db-1:9100, db-2:9100, db-3:9100/, /<https:\/\/runbooks.example.com\/disk-will-fill\?for=db&amp;team=storage\|runbooks.example.com>/, /it ran nothing: no route/, /routes\.yaml/, /alertname="DiskWillFill"/]],
    [/somebody approves/, [/May scale-service@2 on web go ahead/, /web: 3 → 4/, /allow by rate: 2 of 6 an hour/, /press Approve or Deny/, /runbooks.example.com\/high-latency/]],
    [/limit refused/, [/Refused/, /refuse by rate: 6 of 6 an hour, next at 02:47:00 UTC/, /nothing was run/, /service="web"/, /runbooks.example.com\/high-latency/]],
    [/step failed/, [/Failed/, /✗ set the size: failed \(the service web is not there\)/, /may have changed something/, /paramedic status/, /high-latency/]],
    [/Nothing of it ran/, [/plan failed: there is no "web"/, /nothing was run/, /mend what stands under Why/]],
    [/only once/, [/In doubt/, /\? move the leader: in doubt/, /see by hand whether “move the leader” took effect/, /high-latency/]],
    [/alert is still there/, [/Not proven to have helped/, /done and not undone: set the size/, /see what is really wrong/, /high-latency/]],
    [/Somebody stopped/, [/Stopped: everything/, /ann/, /1 of 1 runner, 1 workflow killed in 84 ms, 0 held/, /\/paramedic go 00517a WHY/]],
    [/did not answer/, [/DID NOT ANSWER/, /ops-1/, /look at its host/]],
    [/changed by hand/, [/Changed by hand: web/, /4/, /leaves web alone/, /\/paramedic resume 001234 WHY/]],
    [/new log/, [/this log is new/, /until a person lifts this stop/]],
    [/put before people/, [/Stopped, and the alert still fires/, /ann .*the new release looks wrong/, /never run again by itself/, /high-latency/]],
    [/catalogue has problems/, [/routes\.yaml:12/, /nothing new starts with it/, /paramedic check/]],
    [/runner is lost/, [/ops-1/, /silent for 45 s/, /what it ran is dead/, /look at its host/]],
    [/stays away/, [/last told of at 02:16/, /every 5 min/, /Alertmanager/]],
    [/cannot be used/, [/alerts\[2\]\.startsAt/, /it took the good ones/, /mend whoever sends them/]],
  ]
  for (const [when, parts] of calls) {
    test(when.source, () => {
      const view = sample(when)
      assert.equal(view.urgency, 'page')
      const text = said(view)
      for (const part of parts) assert.match(text, part)
      assert.equal(buttonsOf(render(view)).some(({ text: { text: label } }) => label === 'Take'), view.kind !== 'stop')
    })
  }
})

test('what goes as it should is one line, with Stop while it runs and without at its end', () => {
  const running = render(sample(/changes something/))
  assert.equal(running.blocks.length, 2)
  assert.match(readable(running), /running: scale-service@2 on web for HighRequestLatency \(web 3 → 4\)/)
  assert.deepEqual(buttonsOf(running).map(({ text, value }) => [text.text, value]), [['Stop scale-service', '["runbook=\\"scale-service\\""]']])
  const healed = render(sample(/at its end/))
  assert.match(readable(healed), /✅ healed after 2 min: /)
  assert.deepEqual(buttonsOf(healed), [])
})

test('what is over can neither be taken nor stopped', () => {
  for (const when of [/It is over/, /It is back/]) assert.deepEqual(buttonsOf(render(sample(when))).map(({ text }) => text.text).filter((label) => label !== 'Fixed by hand'), [], String(when))
})

/** A message as Slack would read it: nobody called, no address but those that were meant. */
const harmless = (message: { text: string; blocks: readonly unknown[] }, links: readonly string[] = []): void => {
  const read = readMessage(message.text, message.blocks)
  assert.equal(read.refused, undefined, `${read.refused?.why}`)
  assert.deepEqual(read.mentions, [])
  assert.deepEqual(read.links, links)
}

describe('labels from outside', () => {
  const fixtures = join(import.meta.dirname, '../fixtures/alertmanager')
  for (const file of globSync('*.json', { cwd: fixtures })) {
    const payload = JSON.parse(readFileSync(join(fixtures, file), 'utf8'))
    if (!Array.isArray(payload.alerts)) continue
    test(`${file} calls nobody and links nowhere`, () => {
      const story = new Story()
      story.says({ kind: 'received', source: 'alertmanager', payload })
      const told = [...story.state.unanswered.keys()]
      if (told.length === 0) return assert.equal(payload.alerts.some(({ status }: { status: string }) => status === 'firing'), false)
      story.says({ kind: 'unmatched', episodes: told, reason: 'no route', tell: true, route: '', detail: 'no route matches it' })
      for (const notice of story.state.notices.values()) {
        const view = viewOf({ state: story.state, now: story.at, runners: [] }, notice)
        const { runbookUrl } = view.kind === 'unknown' ? view.annotations : {}
        harmless(render(view), runbookUrl === undefined ? [] : [runbookUrl])
        assert.doesNotMatch(said(view) + renderText(view), /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/)
      }
    })
  }

  test('every text of any kind, also one that means to break out', () => {
    const nasty = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom('<!channel>', '<@U024BE7LH>', '&lt;!here&gt;', '```\n<!channel>', '<https://evil.example|login>', '`', '*', '\u202e', '\ud800', '<!subteam^S1>', '|>', 'x'.repeat(20_000), '&'.repeat(5000)))
    const part: fc.Arbitrary<Part> = fc.oneof(
      fc.record({ part: fc.constant('text' as const), title: nasty, text: nasty }),
      fc.record({ part: fc.constant('facts' as const), facts: fc.array(fc.tuple(nasty, nasty), { maxLength: 40 }) }),
      fc.record({ part: fc.constant('code' as const), title: nasty, lines: fc.array(nasty, { maxLength: 60 }) }),
      fc.record({ part: fc.constant('list' as const), title: nasty, items: fc.array(nasty, { maxLength: 60 }) }),
    )
    const card: fc.Arbitrary<Card> = fc.record({
      icon: fc.constant('🚨'), heading: nasty, line: nasty, parts: fc.array(part, { maxLength: 70 }), footer: fc.array(nasty, { maxLength: 12 }),
      actions: fc.array(fc.oneof(
        fc.record({ action: fc.constant('stop' as const), label: nasty.filter((one) => one !== ''), matchers: fc.array(nasty, { maxLength: 5 }) }),
        fc.record({ action: fc.constant('take' as const), notice: nasty }),
      ), { maxLength: 8 }),
    })
    fc.assert(fc.property(card, (one) => harmless(toBlocks(one))), { numRuns: 100 })
    fc.assert(fc.property(nasty.filter((one) => one !== ''), (one) => harmless(toLine(one))), { numRuns: 100 })
  })

  const links: readonly (readonly [address: string, linked: boolean])[] = [
    ['https://runbooks.example.com/a?b=c&d=<e>', true], ['http://10.0.0.1/x|y', true], ['javascript:alert(1)', false], ['JaVaScRiPt://x/%0aalert(1)', false],
    ['data:text/html,x', false], ['https://user:pw@bank.example/', false], ['//evil.example/x', false], ['https://a.example/> <!channel>', true], [`https://a.example/${'x'.repeat(3000)}`, false], ['', false],
  ]
  for (const [address, linked] of links) {
    test(`${address.slice(0, 40)} is ${linked ? '' : 'not '}a link`, () => {
      const message = toBlocks({ icon: '🚨', heading: 'x', line: 'x', parts: [{ part: 'link', name: 'Runbook', address }], footer: [], actions: [] })
      const read = readMessage(message.text, message.blocks)
      assert.equal(read.refused, undefined, `${read.refused?.why}`)
      assert.deepEqual([read.mentions, read.links.length], [[], linked ? 1 : 0])
    })
  }
})

test('a digest of many names each kind and counts them, within what Slack takes', () => {
  const views = Array.from({ length: 60 }, () => samples.map(({ view }) => view)).flat()
  const message = render({ kind: 'digest', views })
  harmless(message)
  assert.match(readable(message), /180 unknown alert groups/)
  assert.match(cardOf({ kind: 'digest', views }).line, new RegExp(`${views.length} messages at once`))
})

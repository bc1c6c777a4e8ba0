/** A silence holds what it covers: when it is looked for again, and what becomes of an alert whose end nobody told of. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Silence } from '../../src/core/silence.ts'
import type { Mode } from '../../src/core/catalogue.ts'
import { Story } from './story.ts'

const minute = 60_000
const forEver = { text: 'silenced by ann', endsAt: Number.MAX_SAFE_INTEGER }

interface Given {
  /** As it stood in Alertmanager when the plan was made. */
  readonly silence?: Silence | null
  readonly fires?: boolean
  readonly mode?: Mode
  readonly approved?: boolean
  /** It has waited behind a silence before. */
  readonly held?: boolean
  /** A person was asked about the plan. */
  readonly asked?: boolean
  readonly waitedMs?: number
  /** After the plan. */
  readonly laterMs?: number
}

const judged = ({ silence, fires, mode = 'auto', approved = false, held = false, asked = false, waitedMs = 0, laterMs = 0 }: Given) => {
  const story = new Story()
  const workflow = story.workflow({ mode })
  const { createdAt } = workflow
  if (held) {
    story.says({ kind: 'decided', ...story.judge(workflow), outcome: 'wait', reason: 'silenced', detail: '' })
    workflow.state = 'ready'
  }
  const readAt = story.later(waitedMs).at
  const facts = [...(silence === undefined ? [] : [{ name: 'silence', value: silence && { ...silence }, readAt }]), ...(fires === undefined ? [] : [{ name: 'fires', value: fires, readAt }])]
  Object.assign(workflow, { plan: { ...workflow.plan!, observed: [...workflow.plan!.observed.map((one) => ({ ...one, readAt })), ...facts] } })
  if (asked) story.says({ kind: 'decided', ...story.judge(workflow), outcome: 'ask', reason: 'approval', detail: '' })
  if (approved) Object.assign(workflow, { approved: workflow.plan!.digest, approvals: [{ who: 'ann', at: story.at }] })
  const { outcome, reason, detail, until } = story.later(laterMs).judge(workflow)
  return { outcome, reason, detail, afterMs: until === undefined ? undefined : until - story.at, createdAt }
}

const rows: readonly (readonly [because: string, given: Given, outcome: string, reason?: string])[] = [
  ['nothing silences it', { silence: null }, 'start'],
  ['nobody could be asked, and nobody was known to silence it', {}, 'start'],
  ['nothing silenced it when it was read, and it comes to its turn late', { silence: null, laterMs: 20_000 }, 'start'],
  ['a person says yes at once', { silence: null, mode: 'approve', asked: true, approved: true, laterMs: 4000 }, 'start'],
  ['a person says yes after a while, in which it may have been silenced', { silence: null, mode: 'approve', asked: true, approved: true, laterMs: 6000 }, 'plan again'],
  ['the same where no Alertmanager is asked', { mode: 'approve', asked: true, approved: true, laterMs: 6000 }, 'start'],
  ['it is silenced', { silence: forEver }, 'wait', 'silenced'],
  ['it is silenced, so nobody is asked either', { silence: forEver, mode: 'approve' }, 'wait', 'silenced'],
  ['a person said yes before it was silenced', { silence: forEver, mode: 'approve', approved: true }, 'wait', 'silenced'],
  ['it was silenced when it was read, too long ago to know', { silence: forEver, laterMs: 31_000 }, 'plan again'],
  ['the silence was to end meanwhile: it may have been made longer', { silence: { text: '', endsAt: 1_005_000 }, laterMs: 10_000 }, 'plan again'],
  ['it was over by our clock when Alertmanager still had it', { silence: { text: '', endsAt: 1 } }, 'wait', 'silenced'],
  ['the silence is over, and it fires', { silence: null, held: true, fires: true }, 'start'],
  ['the silence is over, and so is the alert', { silence: null, held: true, fires: false }, 'obsolete', 'resolved'],
  ['it was silenced before, and is', { silence: forEver, held: true }, 'wait', 'silenced'],
  ['the silence is over, and Alertmanager has forgotten it', { silence: null, held: true }, 'ask', 'fact missing'],
  ['and then a person says yes', { silence: null, held: true, approved: true }, 'start'],
]

for (const [because, given, outcome, reason] of rows) {
  test(`${outcome}: ${because}`, () => {
    const found = judged(given)
    assert.deepEqual([found.outcome, found.reason], [outcome, reason])
  })
}

test('it says whose silence it is, and is looked at again at its end, or less often the longer it lasts', () => {
  assert.equal(judged({ silence: forEver }).detail, 'silenced by ann')
  assert.equal(judged({ silence: { text: '', endsAt: 1_010_000 } }).afterMs, 1_010_000 - 1_000_000 - 3)
  for (const [waitedMs, afterMs] of [[0, 30_000], [20 * minute, 2 * minute], [1000 * minute, 10 * minute]] as const) {
    assert.ok(Math.abs(judged({ silence: forEver, waitedMs }).afterMs! - afterMs) < 10, `${waitedMs}`)
  }
})

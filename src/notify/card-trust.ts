/** What a version of a runbook has earned or lost: proposed, promoted, demoted, rolled back. */
import { formatDuration } from '../core/duration.ts'
import type { Card } from './card.ts'
import { many, shortId } from './figures.ts'
import type { TrustView } from './message.ts'

export const trustCard = (view: TrustView): Card => {
  const { runbook, is, heals, failures, inMs = 0, who = '', workflow = '' } = view
  const line = (icon: string, text: string): Card => ({ icon, line: text, parts: [], footer: [], actions: [] })
  const after = `${many(heals, 'verified heal')} since it last failed; failed: workflow ${shortId(workflow)}`
  switch (is) {
    case 'promoted': return line('🎓', `Promoted by ${who}: ${runbook} runs by itself where its route lets it (${many(heals, 'verified heal')}).`)
    case 'demoted': return line('📉', `Demoted: ${runbook} asks again before it runs (${after}).`)
    case 'rolled back': return line('↩️', `Rolled back: the canary ${runbook} is taken no more, after ${many(failures, 'failure')} (${after}).`)
    case 'proposed': return {
      icon: '🎓', heading: `May ${runbook} run by itself?`, line: `${runbook} healed ${heals} times in ${formatDuration(inMs)} and did not fail: may it run by itself from now on?`,
      parts: [
        { part: 'facts', facts: [['Runbook', runbook], ['Verified heals', `${heals} in ${formatDuration(inMs)}`], ['Failures since', '0']] },
        { part: 'text', title: 'What it means', text: 'promoted, it starts without asking where the route says `mode: auto` and `promote`. Its first failure takes that back by itself. Every policy holds as before.' },
        { part: 'text', title: 'What to do', text: `look at what it did: \`paramedic changes --since 30d\`. Then press Promote, or \`paramedic promote ${runbook} --why WHY\`; or leave it: it goes on asking.` },
      ],
      footer: [], actions: view.stands ? [{ action: 'promote', runbook }] : [],
    }
  }
}

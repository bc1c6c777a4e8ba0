/** Much at once, after Slack was away or in a storm: one message that names each and counts them. */
import { stopAll } from './action-stop.ts'
import type { Card } from './card.ts'
import { noticeCard } from './cards.ts'
import { many } from './figures.ts'
import type { DigestView, NoticeView } from './message.ts'

const names: Record<NoticeView['kind'], readonly [one: string, more: string]> = {
  unknown: ['unknown alert group', 'unknown alert groups'], workflow: ['workflow', 'workflows'], stop: ['stop', 'stops'],
  catalogue: ['bad catalogue', 'bad catalogues'], 'runner lost': ['lost runner', 'lost runners'], heartbeat: ['heartbeat', 'heartbeats'],
  trust: ['word about a version', 'words about versions'], suspended: ['target changed by hand', 'targets changed by hand'], 'bad alerts': ['notification with bad alerts', 'notifications with bad alerts'],
}

export const digestCard = ({ views }: DigestView): Card => {
  const counts = new Map<string, NoticeView[]>()
  for (const view of views) {
    const name = view.kind === 'workflow' ? `workflow ${view.state}` : view.kind
    counts.set(name, [...(counts.get(name) ?? []), view])
  }
  const groups = [...counts].map(([name, group]) => {
    const [one, more] = names[group[0]!.kind]
    return { title: name.startsWith('workflow ') ? `${many(group.length, one, more)} ${name.slice('workflow '.length)}` : many(group.length, one, more), group }
  })
  return {
    icon: '📚', heading: `${views.length} messages at once`, line: `${views.length} messages at once: ${groups.map(({ title }) => title).join(', ')}`,
    parts: groups.map(({ title, group }) => ({ part: 'list', title, items: group.map((view) => noticeCard(view).line) })),
    footer: ['Each is told by itself when it changes, and those that nobody takes are told again. `paramedic status` and `paramedic alerts` list them now.'],
    actions: [stopAll],
  }
}

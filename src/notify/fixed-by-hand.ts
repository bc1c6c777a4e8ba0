/** "Fixed by hand": a window of Slack that asks how, and the note that becomes of it, with which `paramedic runbook new` begins. */
import type { Heard } from './hearing.ts'
import type { Deeds } from './deed.ts'
import { whoIs, type Person } from './people.ts'

const longest = 2000
const plain = (text: string) => ({ type: 'plain_text', text, emoji: false }) as const

/** What Slack opens for whoever pressed the button. */
export const howView = (episode: string): object => ({
  type: 'modal', callback_id: 'fixed', private_metadata: episode, title: plain('Fixed by hand'), submit: plain('Note it'), close: plain('Cancel'),
  blocks: [{
    type: 'input', block_id: 'how', label: plain('What did you do?'), hint: plain('It stands on the log beside the alert. `paramedic runbook new NAME --from ALERT` begins a runbook with it.'),
    element: { type: 'plain_text_input', action_id: 'text', multiline: true, max_length: longest },
  }],
})

/** Undefined for a payload that is none of ours. */
export const readHow = (payload: unknown): { readonly episode: string; readonly text: string; readonly user: unknown } | undefined => {
  const { type, user, view } = (payload ?? {}) as { type?: unknown; user?: unknown; view?: { callback_id?: unknown; private_metadata?: unknown; state?: { values?: { how?: { text?: { value?: unknown } } } } } }
  const text = view?.state?.values?.how?.text?.value
  if (type !== 'view_submission' || view?.callback_id !== 'fixed' || typeof view.private_metadata !== 'string' || typeof text !== 'string') return undefined
  return { episode: view.private_metadata, text: text.trim().slice(0, longest), user }
}

/** An empty answer closes the window; what is wrong is said in it. */
export const noteHow = async ({ episode, text }: { episode: string; text: string }, person: Person, { ports, listed }: Deeds): Promise<Heard> => {
  const allowed = await listed(person)
  const wrong = !allowed.may ? allowed.why : text === '' ? 'Say what you did.' : !ports.state.episodes.has(episode) ? 'This alert is no longer remembered.' : undefined
  if (wrong !== undefined) return { body: { response_action: 'errors', errors: { how: wrong } } }
  await ports.append([{ kind: 'noted', workflow: episode, who: whoIs(person), text }])
  return {}
}

/** Buttons that ask one thing first, in a window of Slack: how an alert was fixed by hand, and why a stop may be lifted. */
import type { Deeds, Heard } from './deed.ts'
import { whoIs, type Person } from './people.ts'
import { noLift } from './stopping.ts'

interface Question {
  readonly title: string
  readonly submit: string
  readonly asks: string
  readonly hint: string
  /** What is wrong with the answer, or with what it is about; or what is done with it. */
  answer(about: string, text: string, who: string, ports: Deeds['ports']): string | (() => Promise<void>)
}

const questions = {
  /** The note with which `paramedic runbook new` begins. */
  fixed: {
    title: 'Fixed by hand', submit: 'Note it', asks: 'What did you do?', hint: 'It stands on the log beside the alert. `paramedic runbook new NAME --from ALERT` begins a runbook with it.',
    answer: (episode, text, who, { state, append }) =>
      (text === '' ? 'Say what you did.' : !state.episodes.has(episode) ? 'This alert is no longer remembered.' : () => append([{ kind: 'noted', workflow: episode, who, text }])),
  },
  lift: {
    title: 'Lift this stop', submit: 'Lift it', asks: 'Why is it safe to go on?', hint: 'What it held goes through every gate again, at the pace that the limits allow; the message of the stop says what became of it.',
    answer: (id, text, who, ports) => {
      const stop = ports.state.stops.get(id)
      if (stop === undefined) return 'This stop is no longer remembered, or not on the log yet.'
      return (text === '' ? 'Say why it is safe to go on.' : noLift(stop, ports)) ?? (() => ports.liftStop(id, who, text))
    },
  },
} satisfies Record<string, Question>

type Asking = keyof typeof questions
export const asksFirst = (action: string): action is Asking => Object.hasOwn(questions, action)

const longest = 2000
const plain = (text: string) => ({ type: 'plain_text', text, emoji: false }) as const

/** What Slack opens for whoever pressed the button. */
export const windowOf = (action: Asking, about: string): object => {
  const { title, submit, asks, hint }: Question = questions[action]
  return {
    type: 'modal', callback_id: action, private_metadata: about, title: plain(title), submit: plain(submit), close: plain('Cancel'),
    blocks: [{ type: 'input', block_id: 'words', label: plain(asks), hint: plain(hint), element: { type: 'plain_text_input', action_id: 'text', multiline: true, max_length: longest } }],
  }
}

interface Written {
  readonly action: Asking
  readonly about: string
  readonly text: string
}

/** Undefined for a payload that is none of ours. */
export const readWindow = (payload: unknown): (Written & { readonly user: unknown }) | undefined => {
  const { type, user, view } = (payload ?? {}) as { type?: unknown; user?: unknown; view?: { callback_id?: unknown; private_metadata?: unknown; state?: { values?: { words?: { text?: { value?: unknown } } } } } }
  const [action, about, text] = [view?.callback_id, view?.private_metadata, view?.state?.values?.words?.text?.value]
  if (type !== 'view_submission' || typeof action !== 'string' || !asksFirst(action) || typeof about !== 'string' || typeof text !== 'string') return undefined
  return { action, about, text: text.trim().slice(0, longest), user }
}

/** An empty answer closes the window; what is wrong is said in it. */
export const answerWindow = async ({ action, about, text }: Written, person: Person, { ports, listed }: Deeds): Promise<Heard> => {
  const allowed = await listed(person)
  const { answer }: Question = questions[action]
  const answered = allowed.may ? answer(about, text, whoIs(person), ports) : allowed.why
  if (typeof answered === 'string') return { body: { response_action: 'errors', errors: { words: answered } } }
  await answered()
  return {}
}

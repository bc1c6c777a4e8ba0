/** What people see of a message, and the buttons that they can press. */

export interface Posted {
  readonly channel: string
  readonly ts: string
  readonly thread?: string
  readonly broadcast: boolean
  /** As it is now, and every form that it had. */
  text: string
  blocks: any[]
  readonly versions: { readonly text: string; readonly blocks: any[]; readonly at: number }[]
  readonly at: number
}

interface Shown {
  readonly text: string
  readonly blocks?: readonly any[]
}

export const buttonsOf = ({ blocks = [] }: Shown): { action_id: string; value: string; text: { text: string } }[] =>
  blocks.filter(({ type }) => type === 'actions').flatMap(({ elements }) => elements)

export const button = (posted: Shown, label: RegExp): { action_id: string; value: string } => {
  const found = buttonsOf(posted).find(({ text }) => label.test(text.text))
  if (!found) throw new Error(`no button ${label} among ${buttonsOf(posted).map(({ text }) => text.text).join(', ')}`)
  return found
}

/** All that people read of it. */
export const readable = ({ text, blocks = [] }: Shown): string =>
  [text, ...blocks.flatMap((block) => [block.text?.text, ...(block.elements ?? []).map((one: any) => one.text?.text ?? one.text)])].filter(Boolean).join('\n')

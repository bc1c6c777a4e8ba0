/** What Slack refuses of a message, and what it would make of its text: mentions and links. Written from Slack's documentation. */

export interface Read {
  /** Slack's own word, and what is wrong. */
  readonly refused?: { readonly error: string; readonly why: string }
  /** Whom the text would call: `<!channel>`, `<@U…>`, `<!subteam^S…>`. */
  readonly mentions: readonly string[]
  readonly links: readonly string[]
}

type Thing = Record<string, any>

export const readMessage = (text: unknown, blocks: unknown): Read => {
  const mentions: string[] = []
  const links: string[] = []
  const wrong: string[] = []
  const look = (one: string, where: string): void => entities(one, { mentions, links, wrong, where })
  if (typeof text !== 'string' || text === '') wrong.push('text is missing')
  else {
    if (text.length > 40_000) return { refused: { error: 'msg_too_long', why: `text has ${text.length} characters` }, mentions, links }
    look(text, 'text')
  }
  if (blocks !== undefined) checkBlocks(blocks, wrong, look)
  const whole = blocks === undefined ? 0 : JSON.stringify(blocks).length
  if (whole > 13_200) return { refused: { error: 'msg_blocks_too_long', why: `all blocks have ${whole} characters` }, mentions, links }
  return { ...(wrong.length > 0 ? { refused: { error: 'invalid_blocks', why: wrong.join('; ') } } : {}), mentions, links }
}

const checkBlocks = (blocks: unknown, wrong: string[], look: (text: string, where: string) => void): void => {
  if (!Array.isArray(blocks)) return void wrong.push('blocks must be a list')
  if (blocks.length > 50) wrong.push(`${blocks.length} blocks`)
  const ids = new Set<string>()
  blocks.forEach((block: Thing, index) => {
    const where = `blocks[${index}]`
    if (block['block_id'] !== undefined) {
      if (block['block_id'].length > 255) wrong.push(`${where}.block_id has ${block['block_id'].length} characters`)
      if (ids.has(block['block_id'])) wrong.push(`${where}.block_id is there twice`)
      ids.add(block['block_id'])
    }
    const within = (text: unknown, limit: number, at: string, kind?: string): void => textOf(text, { limit, at: `${where}.${at}`, kind, wrong, look })
    switch (block['type']) {
      case 'header': return within(block['text'], 150, 'text', 'plain_text')
      case 'section': {
        if (block['text'] === undefined && !Array.isArray(block['fields'])) wrong.push(`${where} has neither text nor fields`)
        if (block['text'] !== undefined) within(block['text'], 3000, 'text')
        if (block['fields'] !== undefined && (block['fields'].length === 0 || block['fields'].length > 10)) wrong.push(`${where} has ${block['fields'].length} fields`)
        block['fields']?.forEach((field: unknown, n: number) => within(field, 2000, `fields[${n}]`))
        return
      }
      case 'context':
        if (block['elements'].length === 0 || block['elements'].length > 10) wrong.push(`${where} has ${block['elements'].length} elements`)
        return block['elements'].forEach((one: unknown, n: number) => within(one, 3000, `elements[${n}]`))
      case 'actions': return checkButtons(block, where, wrong, look)
      case 'divider': return
      default: wrong.push(`${where} is a ${String(block['type'])}`)
    }
  })
}

const checkButtons = (block: Thing, where: string, wrong: string[], look: (text: string, where: string) => void): void => {
  const buttons = block['elements'] as Thing[]
  if (buttons.length === 0 || buttons.length > 25) wrong.push(`${where} has ${buttons.length} buttons`)
  if (new Set(buttons.map((one) => one['action_id'])).size < buttons.length) wrong.push(`${where} has an action_id twice`)
  buttons.forEach((one, n) => {
    const at = `${where}.elements[${n}]`
    if (one['type'] !== 'button') wrong.push(`${at} is a ${String(one['type'])}`)
    textOf(one['text'], { limit: 75, at: `${at}.text`, kind: 'plain_text', wrong, look })
    if (typeof one['action_id'] !== 'string' || one['action_id'].length > 255) wrong.push(`${at}.action_id is too long`)
    if (one['value'] !== undefined && (typeof one['value'] !== 'string' || one['value'].length > 2000)) wrong.push(`${at}.value is too long`)
    if (one['style'] !== undefined && !['primary', 'danger'].includes(one['style'])) wrong.push(`${at}.style is ${String(one['style'])}`)
  })
}

interface Where {
  readonly limit: number
  readonly at: string
  readonly kind: string | undefined
  readonly wrong: string[]
  readonly look: (text: string, where: string) => void
}

const textOf = (thing: unknown, { limit, at, kind, wrong, look }: Where): void => {
  const { type, text } = (thing ?? {}) as Thing
  if (type !== 'mrkdwn' && type !== 'plain_text') return void wrong.push(`${at} is neither mrkdwn nor plain_text`)
  if (kind !== undefined && type !== kind) wrong.push(`${at} must be ${kind}`)
  if (typeof text !== 'string' || text === '') return void wrong.push(`${at} is empty`)
  if (text.length > limit) wrong.push(`${at} has ${text.length} characters, not ${limit}`)
  if (type === 'mrkdwn' || /[<>]|&(?!amp;|lt;|gt;)/.test(text)) look(text, at)
}

/** `<…>` is a mention or a link; any other of the three characters must be written as an entity. */
const entities = (text: string, { mentions, links, wrong, where }: { mentions: string[]; links: string[]; wrong: string[]; where: string }): void => {
  const rest = text.replaceAll(/<([^<>]*)>/g, (_, inner: string) => {
    if (/^[@!#]/.test(inner)) mentions.push(inner.split('|')[0]!)
    else if (/^[a-z][a-z0-9+.-]*:/i.test(inner)) links.push(inner.split('|')[0]!.replaceAll('&amp;', '&'))
    else wrong.push(`${where}: <${inner.slice(0, 40)}> is not escaped`)
    return ''
  })
  const bare = /[<>]|&(?!amp;|lt;|gt;)/.exec(rest)
  if (bare) wrong.push(`${where}: "${rest.slice(Math.max(0, bare.index - 10), bare.index + 10)}" is not escaped`)
}

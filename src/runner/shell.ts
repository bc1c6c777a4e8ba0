/**
 * zx's `$`, bound to one step: a clean environment, its output to the step's record, and what zx lets pass although it
 * is a hole: a value inside quotes, in a here-document, behind `eval` or `sh -c`; a NUL, which cuts a value short; and
 * values that are no text.
 */
import { $, ProcessOutput, ProcessPromise, quote } from 'zx/core'
import type { spawn } from 'node:child_process'
import type { Shell } from 'zx/core'

export interface ShellBinding {
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  print(text: string | Buffer): void
  /** Throws when the step is over, or may have no shell. */
  check(): void
  /** Instead of Node's own. */
  readonly spawn?: typeof spawn | undefined
}

export function boundShell(binding: ShellBinding): Shell {
  const bound = $({
    env: { ...binding.env },
    cwd: binding.cwd,
    ...(binding.spawn ? { spawn: binding.spawn } : {}),
    quote: quoteText,
    timeoutSignal: 'SIGKILL',
    killSignal: 'SIGKILL',
    log: (entry) => {
      if (entry.kind === 'cmd') binding.print(`$ ${entry.cmd.trim()}\n`)
      if (entry.kind === 'stdout' || entry.kind === 'stderr') binding.print(entry.data)
    },
  })
  return guarded(bound, binding)
}

const guarded = (inner: Shell, binding: ShellBinding): Shell =>
  new Proxy(inner, {
    apply: (_, __, args: unknown[]) => {
      binding.check()
      const [pieces, ...values] = args
      if (!Array.isArray(pieces)) return guarded(inner(pieces as object) as Shell, binding)
      checkPlaces(pieces as string[])
      values.forEach(checkValue)
      return inner(pieces as unknown as TemplateStringsArray, ...values)
    },
    get: (_, key) => (key === 'sync' ? guarded(inner({ sync: true }) as unknown as Shell, binding) : Reflect.get(inner, key)),
  })

function quoteText(text: string): string {
  if (text.includes('\0')) throw new Error('a value for $ contains a NUL character, which would cut it short: refused')
  return quote(text)
}

function checkValue(value: unknown): void {
  const isText = (one: unknown): boolean =>
    ['string', 'number', 'boolean', 'bigint'].includes(typeof one) || one instanceof ProcessOutput || one instanceof ProcessPromise
  const fits = isText(value) || value instanceof Promise || (Array.isArray(value) && value.every(isText))
  if (fits) return
  const what = value === null || value === undefined ? String(value) : Array.isArray(value) ? 'a list with such a value' : typeof value
  throw new Error(`a value for $ is ${what}: text, a number, true, false or a list of these is needed`)
}

/** Each `${…}` must stand bare: where it stands inside of something, what the value says could become a command. */
function checkPlaces(pieces: readonly string[]): void {
  let quoted: '"' | "'" | undefined
  let document: 'opened' | 'inside' | undefined
  let before = ''
  for (const piece of pieces.slice(0, -1)) {
    for (let at = 0; at < piece.length; at++) {
      const sign = piece[at]!
      if (sign === '\\' && quoted !== "'") at++
      else if (quoted !== undefined) quoted = sign === quoted ? undefined : quoted
      else if (sign === '"' || sign === "'") quoted = sign
      else if (sign === '#' && /(^|[\s;&|(])$/.test(piece.slice(0, at))) at = (piece + '\n').indexOf('\n', at) - 1
      else if (piece.startsWith('<<<', at)) at += 2
      else if (piece.startsWith('<<', at)) document ??= 'opened'
      else if (sign === '\n' && document === 'opened') document = 'inside'
    }
    before += piece
    if (quoted !== undefined) refusePlace(`inside ${quoted}…${quoted}`, before)
    if (document === 'inside') refusePlace('in a here-document', before)
    if (/(^|[\s;&|({])(eval|([a-z]*\/)*(ba|da|k|z)?sh(\s+-\w+)*\s+-\w*c)\s+$/.test(before)) refusePlace('as the text of a command', before)
    before += 'x'
  }
}

function refusePlace(where: string, before: string): never {
  const line = before.slice(-60).trimStart()
  throw new Error(`a value for $ stands ${where} (after: ${line}): write \${…} bare, $ quotes it by itself`)
}

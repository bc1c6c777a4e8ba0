/** What the demo says, each moment with its time; and whether everything happened that it promised. */

export interface Moment {
  readonly what: string
  readonly atMs: number
  readonly happened: boolean
  readonly detail: string
}

export interface Narrator {
  chapter(title: string): void
  say(text: string): void
  /** A text of somebody else's, such as a message: set apart, its lines as they are. */
  quote(text: string): void
  /** Something promised: it happened, or it did not, and then why. */
  moment(what: string, detail?: string): void
  missed(what: string, why: string): void
  plain(text: string): void
  readonly moments: readonly Moment[]
  elapsedMs(): number
}

export interface NarratorOptions {
  readonly write: (text: string) => void
  readonly colour: boolean
}

export function createNarrator({ write, colour }: NarratorOptions): Narrator {
  const began = performance.now()
  const moments: Moment[] = []
  const elapsedMs = (): number => Math.round(performance.now() - began)
  const paint = (code: number, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const line = (text: string): void => write(`${paint(2, `${(elapsedMs() / 1000).toFixed(1).padStart(5)} s`)}  ${text}\n`)
  return {
    moments,
    elapsedMs,
    chapter: (title) => write(`\n${paint(1, title)}\n`),
    say: line,
    quote: (text) => write(`${clean(text).split('\n').map((one) => `         ${paint(2, '│')} ${one}`).join('\n')}\n`),
    moment: (what, detail = '') => {
      moments.push({ what, atMs: elapsedMs(), happened: true, detail })
      line(`${paint(32, '✔')} ${what}${detail && `: ${detail}`}`)
    },
    missed: (what, why) => {
      moments.push({ what, atMs: elapsedMs(), happened: false, detail: why })
      line(`${paint(31, '✖')} ${what} DID NOT HAPPEN: ${clean(why)}`)
    },
    plain: (text) => write(`${text}\n`),
  }
}

/** Text that others wrote never steers the terminal. */
const clean = (text: string): string => text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')

/**
 * What a process says of itself, on stderr: lines of JSON, or plain lines where a person looks on. Entries of the log are
 * not repeated here.
 */
import { pino, type Logger } from 'pino'

export type { Logger } from 'pino'

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** In every line, where lines of several processes meet. */
  readonly name: string
  readonly out?: { readonly isTTY?: boolean; write(text: string): unknown; on?(event: 'error', heard: () => void): unknown }
}

export function createLogger({ level, name, out = process.stderr }: LoggerOptions): Logger {
  // Whoever reads this may end before us, and its disk may be full: then a line is lost, and the work goes on.
  out.on?.('error', () => {})
  const destination = { write: (line: string): void => void out.write(out.isTTY ? plain(line) : line) }
  return pino({ level, base: { name }, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, destination)
}

interface Line {
  readonly time: string
  readonly level: string
  readonly msg?: string
  readonly err?: { readonly stack?: string; readonly message?: string }
}

function plain(text: string): string {
  const { time, level, msg = '', err } = JSON.parse(text) as Line
  const mark = level === 'info' ? '' : `${level}: `
  return `${time.slice(11, 23)} ${mark}${msg}${err === undefined ? '' : `\n${err.stack ?? err.message}`}\n`
}

/**
 * What goes to stdout: one JSON document, or text for people. Tables are drawn on a terminal only; elsewhere their cells
 * stand between tabs. What labels say cannot move the cursor.
 */
import { styleText } from 'node:util'

const shortest = 6

export const short = (id: string): string => id.slice(-shortest)

/** As few last characters, six or more, as tell these ids apart. */
export function shorten(ids: Iterable<string>): (id: string) => string {
  const all = [...new Set(ids)]
  let length = shortest
  while (length < 36 && new Set(all.map((id) => id.slice(-length))).size < all.length) length++
  return (id) => id.slice(-length)
}

/** Control characters, and those that turn the direction of writing, become a mark. */
export const clean = (text: string): string => text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')

const oneLine = (cell: unknown): string => clean(String(cell ?? '').replaceAll('\n', ' '))

/** Colour only where it is seen and wanted. */
export const strong = (text: string): string => styleText('bold', text, { stream: process.stdout })
export const alarm = (text: string): string => styleText(['bold', 'red'], text, { stream: process.stdout })

/** A cell that is longer pushes what follows it in its own row alone: one long label takes no table apart. */
const widest = 60

export function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const texts = [head, ...rows].map((row) => row.map(oneLine))
  if (!process.stdout.isTTY) return texts.map((row) => row.join('\t')).join('\n')
  const widths = head.map((_, column) => Math.min(widest, Math.max(...texts.map((row) => (row[column] ?? '').length))))
  return texts.map((row, index) => {
    const line = row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()
    return index === 0 ? strong(line) : line
  }).join('\n')
}

export function show(asJson: boolean, value: unknown, people: () => string): void {
  process.stdout.write(asJson ? `${JSON.stringify(value)}\n` : `${people()}\n`)
}

/** `rate: 5 of 5 an hour` */
export const because = ({ reason, detail }: { reason?: string | undefined; detail?: string | undefined }): string => clean([reason, detail].filter(Boolean).join(': '))

/** What goes to stdout: one JSON document, or a table for people. Ids are shown by their last six characters. */
export const short = (id: unknown): string => String(id).slice(-6)

export const table = (head: readonly string[], rows: readonly (readonly unknown[])[]): string => {
  const texts = [head, ...rows].map((row) => row.map((cell) => String(cell ?? '').replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')))
  const widths = head.map((_, column) => Math.max(...texts.map((row) => (row[column] ?? '').length)))
  return texts.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n')
}

export const show = (asJson: boolean, value: unknown, people: () => string): void => {
  process.stdout.write(asJson ? `${JSON.stringify(value)}\n` : `${people()}\n`)
}

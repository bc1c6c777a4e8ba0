/** What the generated pages share. */
export const generated = '<!-- Written by `npm run docs` from the code; a test fails where the two differ. -->'

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')

/** A bar would end the cell. */
const line = (cells: readonly string[]): string => `| ${cells.map((text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`

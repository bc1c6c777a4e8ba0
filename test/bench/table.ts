/** The one table, for a terminal. */
import type { Goal, Result } from './figure.ts'

const head = ['figure', 'ours', 'its limit', 'ratio', 'goal', ''] as const

export const table = (results: readonly Result[]): string => {
  const rows = [head, ...results.map(rowOf)]
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 || column === 5 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ').trimEnd()
  return `${rows.map(line).join('\n')}\n`
}

const rowOf = ({ what, unit, ours, limit, ratio, goal, met, broken, absolute }: Result): string[] =>
  [what, `${short(ours)} ${unit}`, absolute ? '' : `${short(limit)} ${unit}`, absolute ? '' : short(ratio), goalText(goal), met ? 'met' : `MISSED${broken ? `: ${broken}` : ''}`]

const goalText = (goal: Goal): string => ('atMost' in goal ? `≤ ${short(goal.atMost)}` : `≥ ${short(goal.atLeast)}`)

const short = (value: number): string =>
  value === 0 ? '0' : value >= 100 ? Math.round(value).toLocaleString('en-US') : value < 0.01 ? value.toExponential(1) : String(Number(value.toPrecision(3)))

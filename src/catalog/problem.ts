/** What is wrong in a file that people wrote: where, what, and what to do. */

export interface Problem {
  /** As people see it: relative to where they stand, if it lies below that. */
  readonly path: string
  /** From 1. */
  readonly line: number
  readonly message: string
}

export const printProblem = ({ path, line, message }: Problem): string => `${path}:${line}: ${message}`

/** A line that GitHub shows beside the line of the file. Its own marks in our text are escaped. */
export function annotateProblem({ path, line, message }: Problem, kind: 'error' | 'warning' = 'error'): string {
  const text = (value: string) => value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  const property = (value: string) => text(value).replaceAll(':', '%3A').replaceAll(',', '%2C')
  return `::${kind} file=${property(path)},line=${line}::${text(message)}`
}

/** By file and line, each once: the order in which people walk through them. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const once = new Map(problems.map((problem) => [printProblem(problem), problem]))
  return [...once.values()].sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1))
}

/** Where a problem is, for people. */
import type { Problem } from '../catalog/problem.ts'

/** Environment and flags have no lines. */
export const printSettingProblem = ({ path, line, message }: Problem): string => (line === 0 ? `${path}: ${message}` : `${path}:${line}: ${message}`)

/** `tokens[2].role` */
export const pathText = (path: readonly PropertyKey[], start: string): string =>
  path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`), start)

/**
 * What a runbook imports: 'paramedic', and files of its own version's folder. Read off the text, so that a problem has
 * its line. The process that imports the script holds it to the same rule, in case the text hid something from us.
 */
import { posix } from 'node:path'
import type { Problem } from './problem.ts'
import { text, type Script } from './scripts.ts'

const specifier = /(^|[;{}\s])(?:(?:import|export)\b[^'"`;()=]*?\bfrom\s*|import\s*\(?\s*)(['"])([^'"\n]+)\2/g

const isCode = (path: string): boolean => /\.[mc]?[jt]s$/.test(path)

export function checkImports(script: Script): Problem[] {
  const folder = script.shown.slice(0, -`${script.version}.ts`.length)
  const names = new Set(script.files.map(({ path }) => path))
  return script.files.filter(({ path }) => isCode(path)).flatMap(({ path, bytes }) => {
    const source = text(bytes)
    return specifiers(source).flatMap(({ name, offset }) => {
      const message = wrong(name, path, names, script.version)
      return message === undefined ? [] : [{ path: folder + path, line: source.slice(0, offset).split('\n').length, message }]
    })
  })
}

function wrong(name: string, from: string, names: ReadonlySet<string>, version: number): string | undefined {
  if (name === 'paramedic') return undefined
  if (!/^\.\.?\//.test(name)) {
    return `imports ${name}: a runbook imports 'paramedic' and files of its folder ${version}/ only; what it needs else it is handed`
  }
  const file = posix.join(posix.dirname(from), name)
  if (!file.startsWith(`${version}/`)) return `imports ${name}: only files of the folder ${version}/ belong to this version`
  if (!names.has(file)) return `imports ${name}: there is no such file`
  if (isCode(file)) return undefined
  return `imports ${name}: only scripts can be imported, so write it as a .ts file that exports the data`
}

function specifiers(source: string): { name: string; offset: number }[] {
  const blank = withoutComments(source)
  return [...blank.matchAll(specifier)].map((found) => ({ name: found[3]!, offset: found.index + found[0].length }))
}

/** Comments turned to blanks, line by line, outside of strings as far as one can tell without a parser. */
export const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\/|(^|[\s;{}(),])\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, ' '))

/** In a copy, `.ts` files are `.js` files. The words have one length, so every column stays where it was. */
export const pointToCopies = (source: string): string =>
  source.replace(specifier, (whole, _before, quote: string, name: string) =>
    /^\.\.?\/.*\.ts$/.test(name) ? whole.slice(0, -(name.length + 1)) + name.replace(/ts$/, 'js') + quote : whole)

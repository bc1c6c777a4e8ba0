/** What each file imports, exports and names: read with TypeScript's own parser, without its types. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

export interface Source {
  readonly path: string
  /** By path: the names that are taken, `*` for all of them; later, if nothing waits for them: types, and `import()`. */
  readonly imports: ReadonlyMap<string, { readonly names: ReadonlySet<string>; readonly isLater: boolean }>
  /** Files that its texts name: what is started as a process, or loaded by a name. */
  readonly mentions: ReadonlySet<string>
  /** Every identifier, for what a dynamic import takes. */
  readonly words: ReadonlySet<string>
  /** Values only: a type is exported so that who calls can name it. */
  readonly exports: readonly string[]
}

export type Sources = ReadonlyMap<string, Source>

export function readSources(root: string, paths: readonly string[]): Sources {
  const known = new Set(paths)
  return new Map(paths.map((path) => [path, readSource(ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest), known)]))
}

/** Every file that the starts lead to. */
export function reachable(sources: Sources, starts: readonly string[]): Set<string> {
  const found = new Set<string>()
  const visit = (path: string): void => {
    const source = sources.get(path)
    if (source === undefined || found.has(path)) return
    found.add(path)
    for (const to of [...source.imports.keys(), ...source.mentions]) visit(to)
  }
  for (const start of starts) visit(start)
  return found
}

export const isUsed = (sources: Sources, path: string, name: string): boolean =>
  [...sources.values()].some(({ imports, words }) => {
    const taken = imports.get(path)
    return taken !== undefined && (taken.names.has(name) || (taken.names.has('*') && words.has(name)))
  })

/** Each ring of imports once, from its first file in the alphabet. What is taken later may go back: it waits for nobody. */
export function cyclesOf(sources: Sources): string[][] {
  const done = new Set<string>()
  const found = new Map<string, string[]>()
  const visit = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path)
    if (at !== -1) {
      const ring = way.slice(at)
      const first = ring.indexOf([...ring].sort()[0]!)
      const turned = [...ring.slice(first), ...ring.slice(0, first)]
      return void found.set(turned.join(), [...turned, turned[0]!])
    }
    if (done.has(path)) return
    for (const [to, { isLater }] of sources.get(path)?.imports ?? []) if (!isLater) visit(to, [...way, path])
    done.add(path)
  }
  for (const path of sources.keys()) visit(path, [])
  return [...found.values()]
}

function readSource(file: ts.SourceFile, known: ReadonlySet<string>): Source {
  const path = file.fileName
  const imports = new Map<string, { names: Set<string>; isLater: boolean }>()
  const [mentions, words, exports] = [new Set<string>(), new Set<string>(), [] as string[]]
  const take = (specifier: ts.Node, names: readonly string[], isLater = false): void => {
    if (!ts.isStringLiteral(specifier) || !specifier.text.startsWith('.')) return
    const to = join(dirname(path), specifier.text)
    const before = imports.get(to) ?? { names: new Set(), isLater }
    imports.set(to, { names: new Set([...before.names, ...names]), isLater: before.isLater && isLater })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) words.add(node.text)
    if (ts.isImportDeclaration(node)) take(node.moduleSpecifier, namesOf(node.importClause?.namedBindings, node.importClause?.name), node.importClause?.isTypeOnly)
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      take(node.moduleSpecifier, node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause.elements.map((one) => (one.propertyName ?? one.name).text) : ['*'])
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && node.arguments[0]) take(node.arguments[0], ['*'], true)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) take(node.argument.literal, ['*'])
    if (ts.isStringLiteralLike(node)) for (const to of named(node.text, path, known)) if (to !== path) mentions.add(to)
    exports.push(...exportsOf(node))
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(file, visit)
  return { path, imports, mentions, words, exports }
}

/** A text may name a file from where it stands, from src/, or by the end of its path: `shop/replica`. */
function named(text: string, from: string, known: ReadonlySet<string>): string[] {
  if (!/^[\w./-]{2,}$/.test(text)) return []
  const name = text.endsWith('.ts') ? text : `${text}.ts`
  const exact = [join(dirname(from), name), join('src', name), name].filter((path) => known.has(path))
  return exact.length > 0 || !text.includes('/') ? exact : [...known].filter((path) => path.endsWith(`/${name}`))
}

const namesOf = (bindings: ts.NamedImportBindings | undefined, standard: ts.Identifier | undefined): string[] => [
  ...(standard ? ['default'] : []),
  ...(bindings === undefined ? [] : ts.isNamespaceImport(bindings) ? ['*'] : bindings.elements.map((one) => (one.propertyName ?? one.name).text)),
]

function exportsOf(node: ts.Node): string[] {
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return []
  if (ts.isExportDeclaration(node) && !node.isTypeOnly && node.exportClause && ts.isNamedExports(node.exportClause)) return node.exportClause.elements.map(({ name }) => name.text)
  const isExported = ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  if (!isExported) return []
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []))
  const { name } = node as ts.DeclarationStatement
  return name && ts.isIdentifier(name) ? [name.text] : []
}

/**
 * Writes `src/catalog/init/editor-types.ts`: what 'paramedic' exports, as one text that `paramedic init` puts beside a
 * user's runbooks. `node docs/generate/editor-types.ts > src/catalog/init/editor-types.ts`.
 */
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { effects } from '../../src/core/catalogue.ts'

export function editorTypes(): string {
  const [runbook, catalogue, plan] = ['runbook', 'core/catalogue', 'core/plan'].map(declarations) as [string, string, string]
  const shared = [
    `export type Effect = ${effects.map((effect) => `'${effect}'`).join(' | ')};`,
    found(/^export type ParamValue = .*$/m, catalogue),
    found(/^export interface ParamSpec \{[\s\S]*?^\}$/m, catalogue),
    found(/^export type Json = [\s\S]*?^\};$/m, plan),
    '/** zx\'s, as far as a step needs it. */',
    'export type Shell = (pieces: TemplateStringsArray, ...values: unknown[]) => ShellPromise;',
    'export type ShellPromise = Promise<ShellOutput> & { nothrow(): ShellPromise; quiet(): ShellPromise };',
    'export interface ShellOutput { readonly stdout: string; readonly stderr: string; readonly exitCode: number | null }',
  ]
  const own = runbook.replace(/^import type .*$\n/gm, '').replace(/^export type \{.*$\n/m, '').replace("import('zx/core').Shell", 'Shell')
  const [about, ...rest] = [own.slice(0, own.indexOf('*/') + 2), own.slice(own.indexOf('*/') + 3)]
  const body = [...shared, ...rest].join('\n').replaceAll('export declare const', 'export const').trim()
  return `${about}\ndeclare module 'paramedic' {\n${body.replace(/^(?=.)/gm, '  ')}\n}\n`
}

export const editorTypesModule = (): string =>
  '/** Written by docs/generate/editor-types.ts from src/runbook.ts; a test fails where the two differ. */\n' +
  `export const editorTypes = ${JSON.stringify(editorTypes().split('\n'), null, 2)}.join('\\n')\n`

function declarations(name: string): string {
  const source = readFileSync(new URL(`../../src/${name}.ts`, import.meta.url), 'utf8')
  return ts.transpileDeclaration(source, { compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext } }).outputText
}

function found(pattern: RegExp, source: string): string {
  const text = pattern.exec(source)?.[0]
  if (text === undefined) throw new Error(`${pattern} finds nothing any more: mend docs/generate/editor-types.ts`)
  return text
}

if (import.meta.main) process.stdout.write(editorTypesModule())

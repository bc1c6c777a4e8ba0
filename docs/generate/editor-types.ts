/**
 * Writes what 'paramedic' exports as texts that `paramedic init` puts beside a user's runbooks: `src/catalog/init/editor-types.ts`,
 * and for policies that are code and for trials `src/catalog/init/editor-types-more.ts`.
 */
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { effects } from '../../src/core/catalogue.ts'

function shared(): string[] {
  const [catalogue, plan] = ['core/catalogue', 'core/plan'].map(declarations) as [string, string]
  return [
    `export type Effect = ${effects.map((effect) => `'${effect}'`).join(' | ')};`,
    found(/^export type ParamValue = .*$/m, catalogue),
    found(/^export interface ParamSpec \{[\s\S]*?^\}$/m, catalogue),
    found(/^export type Json = [\s\S]*?^\};$/m, plan),
    '/** zx\'s, as far as a step needs it. */',
    'export type Shell = (pieces: TemplateStringsArray, ...values: unknown[]) => ShellPromise;',
    'export type ShellPromise = Promise<ShellOutput> & { nothrow(): ShellPromise; quiet(): ShellPromise };',
    'export interface ShellOutput { readonly stdout: string; readonly stderr: string; readonly exitCode: number | null }',
  ]
}

/** Without what says where the names come from: they are all of one module here. */
function own(name: string): string {
  const text = declarations(name).replace(/^import type .*$\n/gm, '').replace(/^export type (\{|\*).*$\n/gm, '').replace(/^export \{\};$\n/m, '').replace("import('zx/core').Shell", 'Shell')
  return text.slice(text.indexOf('*/') + 3).replaceAll('export declare const', 'export const')
}

const aboutOf = (name: string): string => /^\/\*\*[\s\S]*?\*\//.exec(declarations(name))![0]

const block = (about: string, parts: readonly string[]): string => `${about}\ndeclare module 'paramedic' {\n${parts.join('\n').trim().replace(/^(?=.)/gm, '  ')}\n}\n`

const written = (name: string, text: string): string =>
  '/** Written by docs/generate/editor-types.ts from src/runbook.ts and what it exports; a test fails where the two differ. */\n' +
  `export const ${name} = ${JSON.stringify(text.split('\n'), null, 2)}.join('\\n')\n`

export const editorTypesModule = (): string =>
  written('editorTypes', block(aboutOf('runbook'), [...shared(), ...['handles', 'plan-view', 'runbook'].map(own)]))

export const moreEditorTypesModule = (): string =>
  written('moreEditorTypes', block('/** Policies that are code, and trials of runbooks. */', ['code-policy', 'trial/trial'].map(own)))

function declarations(name: string): string {
  const source = readFileSync(new URL(`../../src/${name}.ts`, import.meta.url), 'utf8')
  return ts.transpileDeclaration(source, { compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext } }).outputText
}

function found(pattern: RegExp, source: string): string {
  const text = pattern.exec(source)?.[0]
  if (text === undefined) throw new Error(`${pattern} finds nothing any more: mend docs/generate/editor-types.ts`)
  return text
}

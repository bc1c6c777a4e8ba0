/**
 * Policies that are code: run when a plan is made, each in a thread of its own with a copy of what it judges. What comes of
 * it is a fact of the plan, so that whoever folds or judges again never runs it.
 */
import { Worker } from 'node:worker_threads'
import type { PolicyEntry } from '../core/catalogue.ts'
import { codeFact, type CodeVerdict } from '../core/policies/code.ts'
import type { Json, Observed } from '../core/plan.ts'
import { verdicts } from '../core/policy.ts'
import type { Said } from './code-worker.ts'

const judgeWithinMs = 30_000
const memoryMb = 64
const longestDetail = 500

/** In a checkout beside this file, in a build under its folder's name. */
const script = import.meta.url.endsWith('.ts') ? new URL('./code-worker.ts', import.meta.url) : new URL('./runner/code-worker.js', import.meta.url)

/** All of them at once; `at` is log time. */
export const runCode = (entries: readonly PolicyEntry[], input: { readonly [name: string]: Json }, { at, withinMs = judgeWithinMs }: { at: number; withinMs?: number }): Promise<Observed[]> =>
  Promise.all(entries.filter(({ type }) => type === 'code').map(async ({ name, settings }): Promise<Observed> => {
    const { code, with: given, sha256 } = settings as { code?: string; with: Json; sha256: string }
    const said = await inThread(code, { ...input, policy: name, with: given }, withinMs)
    return { name: codeFact(name), value: { sha256, ...verdictOf(said) } as unknown as Json, readAt: at }
  }))

const inThread = async (code: string | undefined, input: Json, withinMs: number): Promise<Said> => {
  if (code === undefined) return { failed: 'its module is not in the catalogue' }
  const worker = new Worker(script, { workerData: { code, input }, env: {}, execArgv: [], stdout: true, stderr: true, resourceLimits: { maxOldGenerationSizeMb: memoryMb } })
  const said = Promise.withResolvers<Said>()
  const late = setTimeout(() => said.resolve({ failed: `it gave no verdict within ${withinMs / 1000} s` }), withinMs)
  worker.once('message', said.resolve)
  worker.on('error', (problem: Error) => said.resolve({ failed: problem.message }))
  worker.once('exit', () => said.resolve({ failed: 'it ended without a verdict' }))
  try {
    return await said.promise
  } finally {
    clearTimeout(late)
    await worker.terminate()
  }
}

type Verdict = Omit<CodeVerdict, 'sha256'>

const verdictOf = (said: Said): Verdict => {
  if ('failed' in said) return { verdict: 'refuse', reason: 'policy failed', detail: said.failed.slice(0, longestDetail) }
  if (said.changed !== undefined) return { verdict: 'refuse', reason: 'security violation', detail: `it tried to change what it judges: ${said.changed}`.slice(0, longestDetail) }
  const { verdict, detail, until } = (typeof said.given === 'object' && said.given !== null ? said.given : {}) as { verdict?: Verdict['verdict']; detail?: unknown; until?: unknown }
  const ms = until === undefined ? undefined : Date.parse(String(until))
  if (!verdicts.includes(verdict!) || typeof detail !== 'string' || Number.isNaN(ms)) return { verdict: 'refuse', reason: 'policy failed', detail: 'what it returned is no verdict: { verdict, detail, until? }' }
  return { verdict: verdict!, detail: detail.slice(0, longestDetail), ...(ms === undefined ? {} : { until: ms }) }
}

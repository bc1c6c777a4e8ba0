/**
 * A job's process, one workflow long. It boots before there is anything to do, with zx loaded, and then waits; so that
 * the first line of a script runs a moment after its order came. It runs what it is told and reports by words;
 * that it may be killed at any moment is the spawner's affair.
 *
 *     booting → idle → running ⇄ idle (same workflow) → killed
 */
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { Writable } from 'node:stream'
import { inspect } from 'node:util'
import { ProcessOutput } from 'zx/core'
import type { Json } from '../core/plan.ts'
import type { Runbook } from '../runbook.ts'
import { boottimeMs } from './boottime.ts'
import { contextFor } from './handles.ts'
import { ScriptChanged, ScriptRefused, permitScript, watchImports } from './imports.ts'
import { program } from './program.ts'
import type { Answer, FromChild, JobOrder, Result, ToChild } from './protocol.ts'

const send = process.send!.bind(process) as (word: FromChild) => boolean
// A script has no business with the channel.
Object.defineProperty(process, 'send', { value: undefined })

let job: { order: JobOrder; forbidden: string | undefined; over: boolean; waitsFor: string; end: (result: Result, spent: boolean) => void } | undefined
let calls = 0
/** It has come up: its first order, a rehearsal, went well. */
let idle = false
const waiting = new Map<number, (answer: Answer) => void>()

process.on('message', (word: ToChild) => {
  switch (word.kind) {
    case 'run':
      return void run(word.order, word.mark)
    case 'answer':
      waiting.get(word.call)?.(word.answer)
      return void waiting.delete(word.call)
  }
})
process.on('disconnect', () => process.exit(0))
// A stop is not asked for: it kills. And a terminal's Ctrl-C is meant for the server.
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => {})
process.on('uncaughtException', (error) => {
  if (job) job.end(failed('thrown', error, 'nobody awaited this'), true)
  else if (idle) process.exit(1)
  else throw error
})

async function run(order: JobOrder, mark: string): Promise<void> {
  const end = (result: Result, spent: boolean): void => {
    if (job?.order !== order) return
    clearTimeout(timer)
    const { forbidden } = job
    job.over = true
    job = undefined
    for (const answer of waiting.values()) answer({ error: { name: 'Error', message: 'this job is over' } })
    waiting.clear()
    // Everything before this line on the same pipe was printed by this job.
    print(`${mark}\n`)
    if (!idle) flushCompileCache()
    idle = true
    send({ kind: 'ended', result: forbidden === undefined ? result : forbiddenResult(order, forbidden), spent: spent || forbidden !== undefined })
  }
  const own = { order, forbidden: undefined as string | undefined, over: false, waitsFor: '', end }
  job = own
  const time = new AbortController()
  const timer = setTimeout(() => {
    const error = new Error(`not done within its ${order.timeoutMs} ms`)
    time.abort(error)
    end({ kind: 'failed', failure: 'timeout', error: error.message, detail: own.waitsFor }, true)
  }, order.timeoutMs)
  try {
    if (boottimeMs() > order.notAfterBoottimeMs) throw new TooLate('the order came too late: its lease is not fresh any more')
    const work = await load(order)
    send({ kind: 'started' })
    const context = contextFor(order, {
      ask,
      print,
      signal: time.signal,
      isOver: () => own.over,
      forbid: (handle) => {
        own.forbidden ??= handle
        return new Error(forbiddenText(order, handle))
      },
      waitsFor: (what) => (own.waitsFor = what),
    })
    end({ kind: 'done', output: outputOf(order, await work(context)) }, false)
  } catch (error) {
    end(failed(error instanceof TooLate ? 'refused' : error instanceof ScriptChanged ? 'changed' : 'thrown', error), false)
  }
}

class TooLate extends Error {}

/** The function of the script that this phase calls. */
async function load(order: JobOrder): Promise<(context: any) => unknown> {
  const url = permitScript({ path: order.script, digest: order.digest, files: order.files ?? {} })
  const script = (await import(url)) as { default?: Runbook }
  const { default: runbook } = script
  if (typeof runbook !== 'object' || runbook === null) throw new ScriptRefused(`${order.script} has no default export: export default runbook({ … })`)
  const work = order.phase === 'plan' ? runbook.plan : order.phase === 'verify' ? runbook.verify : runbook.steps?.[order.step ?? 0]?.run
  if (isProgram(work)) return program(work, order)
  if (typeof work !== 'function') throw new ScriptRefused(`${order.script} has no ${order.phase} ${order.step ?? ''}`.trimEnd())
  return work
}

const isProgram = (run: unknown): run is readonly string[] => Array.isArray(run)

const largest: Readonly<Record<JobOrder['phase'], number>> = { plan: 256 * 1024, step: 16 * 1024, verify: 16 * 1024 }

/** As JSON, and bounded: it is kept on the log. What a shell printed counts as its text. */
function outputOf(order: JobOrder, value: unknown): Json {
  const text = JSON.stringify(value instanceof ProcessOutput ? value.stdout.trimEnd().slice(-4000) : (value ?? null))
  const size = text === undefined ? 0 : Buffer.byteLength(text)
  if (text === undefined) throw new Error(`it returned ${typeof value}, which cannot be kept as JSON`)
  if (size > largest[order.phase]) throw new Error(`it returned ${size} bytes of JSON, at most ${largest[order.phase]} can be kept: return less, or print it`)
  const output = JSON.parse(text) as Json
  if (order.phase === 'verify' && typeof output !== 'boolean') throw new Error(`verify returned ${text.slice(0, 40)}: true or false is needed`)
  if (order.phase === 'plan' && !Array.isArray((output as { changes?: Json } | null)?.changes)) throw new Error('the plan has no list of changes: return { changes: [ … ] }')
  return output
}

function ask(name: string, args: readonly Json[]): Promise<Json> {
  if (waiting.size >= 64) return Promise.reject(new Error('64 calls are under way: await some of them first'))
  const call = ++calls
  return new Promise((done, fail) => {
    waiting.set(call, (answer) => {
      if ('value' in answer) done(answer.value)
      // It happened elsewhere: where the script stood says nothing about it, and belongs into no record.
      else fail(Object.assign(new Error(answer.error.message), { name: answer.error.name, stack: '' }))
    })
    send({ kind: 'call', call, name, args })
  })
}

function failed(failure: 'thrown' | 'refused' | 'changed', thrown: unknown, remark = ''): Result {
  const text = thrown instanceof ProcessOutput ? shellError(thrown) : thrown instanceof Error ? thrown.message : inspect(thrown)
  const where = thrown instanceof Error && !(thrown instanceof ScriptRefused || thrown instanceof TooLate) ? whereOf(thrown) : ''
  return { kind: 'failed', failure, error: text.slice(0, 2000), detail: `${remark && `${remark}${where && ': '}`}${where}`.slice(0, 4000) }
}

/** Its kind, if that says anything, and where it was thrown. What it says is in the error already. */
function whereOf({ name, stack = '' }: Error): string {
  return stack === '' ? '' : [name === 'Error' ? '' : name, ...stack.split('\n').filter((line) => /^\s+at /.test(line))].join('\n')
}

function shellError(output: ProcessOutput): string {
  const said = output.stderr.trim().split('\n').at(-1) ?? ''
  if (output.cause instanceof Error) return output.cause.message
  return `a command ended with ${output.signal ? `signal ${output.signal}` : `exit code ${output.exitCode}`}${said && `: ${said}`}`
}

const forbiddenText = (order: JobOrder, handle: string): string =>
  `${order.phase === 'plan' ? 'a plan' : 'a probe'} may only read: it asked for ${handle}, which changes something`
const forbiddenResult = (order: JobOrder, handle: string): Result =>
  ({ kind: 'failed', failure: 'forbidden', error: forbiddenText(order, handle), detail: handle })

/** Straight to the pipe, and done when it returns: what was printed is not lost with the process. */
function print(text: string | Buffer): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      // The pipe is full: whoever prints waits until it was read. Anything else means that the spawner is gone, and so are we, in a moment.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(cell, 0, 0, 1)
    }
  }
}
const cell = new Int32Array(new SharedArrayBuffer(4))

const paper = (): Writable => new Writable({ decodeStrings: true, write: (chunk: Buffer, _, done) => (print(chunk), done()) })
for (const name of ['stdout', 'stderr'] as const) Object.defineProperty(process, name, { value: paper(), configurable: true })

delete process.env['NODE_COMPILE_CACHE']
await watchImports()
send({ kind: 'ready' })

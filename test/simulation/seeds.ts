/** Every `of`th seed, in a thread of its own: what broke in the first that breaks anything, and every trouble there was. */
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { simulate } from './simulate.ts'

interface Found {
  readonly seed?: number
  readonly broken: readonly string[]
  readonly occurred: readonly string[]
}

interface Share {
  readonly first: number
  readonly of: number
  readonly seeds: number
}

/** Over all processors; one list for each. */
export const simulateAll = (seeds: number): Promise<Found[]> => {
  const of = availableParallelism()
  return Promise.all(Array.from({ length: of }, (_, index) => new Promise<Found>((done, fail) => {
    const share: Share = { first: index + 1, of, seeds }
    new Worker(new URL(import.meta.url), { workerData: share }).once('message', done).once('error', fail).once('exit', (code) => fail(new Error(`it ended with ${code}`)))
  })))
}

const simulateShare = async ({ first, of, seeds }: Share): Promise<Found> => {
  const occurred = new Set<string>()
  for (let seed = first; seed <= seeds; seed += of) {
    const run = await simulate({ seed })
    for (const trouble of run.occurred.keys()) occurred.add(trouble)
    if (run.broken.length > 0) return { seed, broken: run.broken, occurred: [...occurred] }
  }
  return { broken: [], occurred: [...occurred] }
}

if (!isMainThread) parentPort!.postMessage(await simulateShare(workerData as Share))

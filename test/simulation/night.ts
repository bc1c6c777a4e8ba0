/** `npm run simulate -- --seeds 100000 [--from 1]`: as many seeds as there is time for; exit 1 where a promise was broken. `SEED=7`: one, with its trace. */
import { parseArgs } from 'node:util'
import { simulate } from './simulate.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const replay = async (seed: number): Promise<number> => {
  const run = await simulate({ seed, trace: print })
  print(`${[...run.occurred].map(([trouble, times]) => `${times} × ${trouble}`).join(', ')}\n${JSON.stringify(run.figures)}`)
  for (const problem of run.broken) print(`BROKEN ${problem}`)
  return run.broken.length
}

const night = async (from: number, seeds: number): Promise<number> => {
  const failing: number[] = []
  const began = performance.now()
  for (let seed = from; seed < from + seeds; seed++) {
    const run = await simulate({ seed })
    if (run.broken.length > 0) {
      failing.push(seed)
      print(`SEED=${seed}\n  ${run.broken.join('\n  ')}`)
    }
    const done = seed - from + 1
    if (done % 100 === 0) print(`${done} of ${seeds} seeds, ${failing.length} failing, ${(done / ((performance.now() - began) / 1000)).toFixed(1)} a second`)
  }
  print(failing.length === 0 ? `${seeds} seeds: every promise was kept` : `${failing.length} of ${seeds} seeds fail: ${failing.slice(0, 50).join(' ')}`)
  return failing.length
}

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1000' }, from: { type: 'string', default: '1' } } })
const only = process.env['SEED']
process.exit((await (only === undefined ? night(Number(values.from), Number(values.seeds)) : replay(Number(only)))) === 0 ? 0 : 1)

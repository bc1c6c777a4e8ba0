/** `npm run simulate -- --seeds 100000 [--from 1]`: as many seeds as there is time for. Exit 1 where a promise was broken. */
import { parseArgs } from 'node:util'
import { simulate } from './simulate.ts'

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1000' }, from: { type: 'string', default: '1' } } })
const from = Number(values.from)
const seeds = Number(values.seeds)
const failing: number[] = []
const began = performance.now()
for (let seed = from; seed < from + seeds; seed++) {
  const run = await simulate({ seed })
  if (run.broken.length > 0) {
    failing.push(seed)
    console.log(`SEED=${seed}\n  ${run.broken.join('\n  ')}`)
  }
  const done = seed - from + 1
  if (done % 100 === 0) console.log(`${done} of ${seeds} seeds, ${failing.length} failing, ${Math.round(done / ((performance.now() - began) / 1000))} a second`)
}
console.log(failing.length === 0 ? `${seeds} seeds: every promise was kept` : `${failing.length} of ${seeds} seeds fail: ${failing.slice(0, 50).join(' ')}`)
process.exit(failing.length === 0 ? 0 : 1)

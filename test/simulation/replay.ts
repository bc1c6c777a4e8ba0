import { simulate } from './simulate.ts'
const run = await simulate({ seed: Number(process.env['SEED'] ?? 1), trace: (line) => console.log(line) })
console.log(run.broken, run.figures)
process.exit(0)

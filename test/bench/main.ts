/**
 * `npm run bench [-- --only NAME --rounds N --json --no-fail]`: how near each part is to its physical limit, as ratios
 * that hold on any machine. Progress goes to stderr. Exit 1 if a goal is missed. `docs/bench.md` says what the rows mean.
 */
import { parseArgs } from 'node:util'
import { figures } from './figures.ts'
import { resultOf, type Figure, type Result, type Sample } from './figure.ts'
import { table } from './table.ts'

const usage = `npm run bench -- [--only NAME]… [--rounds N] [--json] [--no-fail]\n\nfigures: ${Object.keys(figures).join(', ')}\n`

const wrongUsage = (what: string): never => {
  process.stderr.write(`${what}\n\n${usage}`)
  process.exit(2)
}

const read = () => {
  try {
    return parseArgs({
      options: { json: { type: 'boolean' }, only: { type: 'string', multiple: true }, rounds: { type: 'string', default: '5' }, 'no-fail': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    }).values
  } catch (problem) {
    return wrongUsage((problem as Error).message)
  }
}
const values = read()
if (values.help) {
  process.stdout.write(usage)
  process.exit(0)
}
const rounds = Number(values.rounds)
if (!Number.isSafeInteger(rounds) || rounds < 1) wrongUsage(`--rounds must be a whole number from 1, not ${values.rounds}`)
const unknown = values.only?.filter((name) => !Object.hasOwn(figures, name)) ?? []
if (unknown.length > 0) wrongUsage(`there is no figure ${unknown.join(', ')}`)

const say = (text: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)

const measure = async (name: string, figure: Figure): Promise<Result[]> => {
  const samples: Sample[][] = figure.rows.map(() => [])
  say(`${name}: begins`)
  const measuring = await figure.open((text) => say(`${name}: ${text}`))
  try {
    // The first one warms up, on both sides, and is thrown away.
    for (let round = 0; round <= rounds; round++) {
      const found = await measuring.round(round)
      say(`${name}: round ${round} of ${rounds}: ${found.map(({ ours, limit, broken }) => `${(ours / limit).toPrecision(3)}${broken ? ` (${broken})` : ''}`).join(' · ')}`)
      if (round > 0 || rounds === 1) found.forEach((sample, index) => samples[index]!.push(sample))
    }
  } finally {
    await measuring.close()
  }
  return figure.rows.map((row, index) => resultOf(name, row, samples[index]!))
}

const results: Result[] = []
const skipped: string[] = []
for (const [name, load] of Object.entries(figures)) {
  if (values.only && !values.only.includes(name)) continue
  const figure = await load()
  const why = figure.skip?.() ?? false
  if (why === false) results.push(...(await measure(name, figure)))
  else skipped.push(`${name}: ${why}`)
}
for (const why of skipped) say(`left out: ${why}`)
process.stdout.write(values.json ? `${JSON.stringify({ node: process.version, rounds, results, skipped }, null, 2)}\n` : table(results))
const missed = results.filter(({ met }) => !met)
if (missed.length > 0) say(`MISSED: ${missed.map(({ name }) => name).join(', ')}`)
process.exit(missed.length > 0 && !values['no-fail'] ? 1 : 0)

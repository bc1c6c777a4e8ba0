/**
 * Imports copies of runbooks and tells what they declare, one JSON line for each on descriptor 3. A process of its own,
 * with nothing in its environment: what a script does while it is imported is not trusted, and this can be killed.
 */
import { readFileSync, writeSync } from 'node:fs'
import { functionMark, type Described, type DescribeOrder } from './described.ts'
import { permitImports } from './permit-imports.ts'

const { api, copies, scripts } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as DescribeOrder

permitImports({ api, copies })

for (const { id, url } of scripts) {
  const told: Described = await describe(url)
    .then((definition) => ({ id, definition }), (error: unknown) => ({ id, error: errorText(error) }))
  writeSync(3, `${JSON.stringify(told)}\n`)
}
process.exit(0)

async function describe(url: string): Promise<unknown> {
  const module = (await import(url)) as { default?: unknown }
  const seen = JSON.stringify(module.default, (_, value: unknown) => {
    if (typeof value === 'function') return functionMark
    return typeof value === 'bigint' || typeof value === 'symbol' || Object.is(value, Infinity) ? String(value) : value
  })
  if (seen !== undefined && seen.length > 1 << 20) throw new Error('declares more than 1 MB')
  return seen === undefined ? undefined : JSON.parse(seen)
}

function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : `threw ${String(error)}`
}

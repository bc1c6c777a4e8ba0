/** `npm run closed-loop`: the loop once, told as it happens. `--picture FILE` draws the run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { closedLoop } from './loop.ts'
import { picture } from './picture.ts'

const { values } = parseArgs({ options: { picture: { type: 'string' }, keep: { type: 'boolean' } } })
const ended = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ended.abort(new Error('ended by a signal')))
const folder = mkdtempSync(join(tmpdir(), 'closed-loop-'))
try {
  const ran = await closedLoop({ folder, say: (text) => console.log(text), signal: ended.signal })
  console.log(`${ran.replicas.before} → ${ran.replicas.after} replicas; from the alert to healed ${(ran.moments.healed - ran.moments.fired).toFixed(1)} s (workflow ${ran.workflow.id.slice(-6)}: ${ran.workflow.detail})`)
  if (values.picture !== undefined) writeFileSync(values.picture, picture(ran))
} finally {
  if (values.keep) console.log(`everything is in ${folder}`)
  else rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

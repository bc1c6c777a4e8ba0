/** Whether servers folded the same log to the same state: what every test of many servers ends with. */
import assert from 'node:assert/strict'
import { paramedic } from '../../cli/cli.ts'
import { eventually } from '../flow.ts'
import type { Running } from '../server.ts'

/** Asks the first as an operator would; the log may still go on, and one of them may be behind. */
export const agree = async (servers: readonly Pick<Running, 'url'>[]): Promise<void> => {
  const said = await eventually('the servers agree', async () => {
    const { code, out } = await paramedic(['status', '--digest', '--json'], { env: { PARAMEDIC_URL: servers[0]!.url } })
    const digests = JSON.parse(out || '{}')
    return code === 0 && digests.servers.length >= servers.length && digests
  }, 60_000)
  assert.equal(said.same, true)
}

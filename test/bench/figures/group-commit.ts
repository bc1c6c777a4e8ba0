/** What it brings that all who wait share one commit. Both on the same log; only that the one appends through the writer. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { entryCodec, numbered, withAtHand, type Entry, type Fact, type Received } from '../../../src/core/entry.ts'
import { openSqliteLog } from '../../../src/log/sqlite.ts'
import { createWriter } from '../../../src/log/writer.ts'
import type { Figure } from '../figure.ts'
import { webhookBodies } from '../load/bodies.ts'
import { folder } from '../load/processes.ts'

const callers = 64
const ms = 1000

export const figure: Figure = {
  rows: [{ name: 'group commit', what: 'group commit ÷ a commit for each request', unit: '/s', goal: { atLeast: 3 } }],
  open: async () => {
    const place = folder()
    const log = await openSqliteLog<Entry>(join(place, 'log.db'), { codec: entryCodec })
    const writer = createWriter<Fact, Entry>(log, { identity: 'bench', codec: entryCodec, stamp: numbered })
    const facts = webhookBodies(400).map((body): Received => withAtHand({ kind: 'received', source: 'alertmanager', payload: {} }, { text: body }))
    let next = 0
    const perSecond = async (append: (fact: Fact) => Promise<unknown>): Promise<number> => {
      const began = performance.now()
      let done = 0
      await Promise.all(Array.from({ length: callers }, async () => {
        for (; performance.now() < began + ms; done++) await append(facts[next++ % facts.length]!)
      }))
      return done / (performance.now() - began) * 1000
    }
    return {
      round: async () => [{
        limit: await perSecond((fact) => log.append([numbered(fact, 'alone', next)])),
        ours: await perSecond((fact) => writer.append([fact])),
      }],
      close: async () => {
        await writer.close()
        await log.close()
        rmSync(place, { recursive: true, force: true })
      },
    }
  },
}

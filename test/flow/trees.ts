/** Trees that do not want to die (`catalogue/runbooks/tree`), grown on running servers, and what a stop says of them. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { alive, eventually, liftAll, linesOf, notification, post } from './flow.ts'
import type { Running } from './server.ts'

export const mark = (): string => `paramedic-tree-${randomUUID()}`

/** A tree is so many processes that carry its mark. */
const processesEach = 5

/** Starts `count` trees, the alerts going to every server in turn, and waits until each of them has grown. */
export const growTrees = async (servers: readonly Running[], count: number, tree: string, file: string): Promise<void> => {
  await liftAll(servers[0]!.url)
  for (let n = 0; n < count; n++) {
    const labels = { alertname: 'Tree', service: `s${n}`, mark: tree, file }
    assert.equal((await post(`${servers[n % servers.length]!.url}/webhooks/alertmanager`, notification([{ labels }]))).status, 200)
  }
  await eventually('all trees have grown', async () => alive(tree).length >= count * processesEach)
}

/** What the runners' acknowledgements of a stop add up to. */
export const numbers = ({ acknowledgements }: any): { killed: number; survivors: number } => ({
  killed: acknowledgements.reduce((sum: number, one: any) => sum + one.killed, 0), survivors: acknowledgements.reduce((sum: number, one: any) => sum + one.survivors, 0),
})

/** Who wrote the lines of a tree, one after the other, and between which times, in seconds; the longest pause between two lines of one. */
export const writersOf = (file: string): { by: string; from: number; until: number; longestPause: number }[] => {
  const found: { by: string; from: number; until: number; longestPause: number }[] = []
  for (const line of linesOf(file)) {
    const [, by = '', written = ''] = line.split(' ')
    const [at, last] = [Number(written), found.at(-1)]
    if (last?.by === by) Object.assign(last, { until: at, longestPause: Math.max(last.longestPause, at - last.until) })
    else found.push({ by, from: at, until: at, longestPause: 0 })
  }
  return found
}

/** Trees that do not want to die (`catalogue/runbooks/tree`), grown on running servers, and what a stop says of them. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { alive, eventually, liftAll, notification, post } from './flow.ts'
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

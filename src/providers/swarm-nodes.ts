/** Nodes of a Swarm: whether they are ready, paused, and drained. */
import { setTimeout as sleep } from 'node:timers/promises'
import { targetUnknown, type Call, type Node, type NodeWork } from './provider.ts'
import { outOfSequence, type SwarmClient, type Task } from './swarm-client.ts'

interface SwarmNode {
  readonly ID: string
  readonly Version: { readonly Index: number }
  readonly Spec: { readonly Availability: 'active' | 'pause' | 'drain' }
  readonly Description?: { readonly Hostname?: string }
  readonly Status: { readonly State: string }
}

const goneEveryMs = 500

export function swarmNodes(client: SwarmClient, within: <T>(what: string, call: Call, work: (call: Call) => Promise<T>) => Promise<T>): NodeWork {
  const all = (call: Call): Promise<SwarmNode[]> => client.request<SwarmNode[]>({ method: 'GET', path: ['nodes'] }, call)

  /** By its id, or by its host's name where that is one node's only. */
  const find = async (node: string, call: Call): Promise<SwarmNode> => {
    const nodes = await all(call)
    const named = nodes.filter(({ ID, Description }) => ID === node || Description?.Hostname === node)
    if (named.length !== 1) throw targetUnknown(node, nodes.map(({ ID, Description }) => `${Description?.Hostname} (${ID})`))
    return named[0]!
  }

  const become = async (node: string, Availability: SwarmNode['Spec']['Availability'], call: Call): Promise<SwarmNode> => {
    for (;;) {
      const now = await find(node, call)
      if (now.Spec.Availability === Availability) return now
      try {
        await client.request({ method: 'POST', path: ['nodes', now.ID, 'update'], query: { version: String(now.Version.Index) }, body: { ...now.Spec, Availability }, target: node }, call)
      } catch (error) {
        if (!outOfSequence(error)) throw error
      }
    }
  }

  const drain = async (node: string, call: Call): Promise<Node> => {
    const drained = await become(node, 'drain', call)
    for (;;) {
      const tasks = await client.request<Task[]>({ method: 'GET', path: ['tasks'], query: { filters: JSON.stringify({ node: [drained.ID] }) }, target: node }, call)
      if (!tasks.some(({ Status }) => ['running', 'starting', 'preparing', 'ready', 'assigned', 'accepted'].includes(Status.State))) return nodeOf(drained)
      await sleep(goneEveryMs, undefined, { signal: call.signal })
    }
  }

  return {
    list: (call) => within('the list of nodes', call, async (given) => (await all(given)).map(nodeOf)),
    read: (node, call) => within(node, call, async (given) => nodeOf(await find(node, given))),
    cordon: (node, call) => within(node, call, async (given) => {
      const now = await find(node, given)
      return nodeOf(now.Spec.Availability === 'drain' ? now : await become(node, 'pause', given))
    }),
    uncordon: (node, call) => within(node, call, async (given) => nodeOf(await become(node, 'active', given))),
    drain: (node, call) => within(node, call, (given) => drain(node, given)),
  }
}

const nodeOf = ({ ID, Spec, Status, Description }: SwarmNode): Node => ({ name: Description?.Hostname ?? ID, ready: Status.State === 'ready', cordoned: Spec.Availability !== 'active' })

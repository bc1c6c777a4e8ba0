/** All addresses of this server: the one that serves everything, and beside it, if it is wanted, one for what comes from further away. */
import type { Operation } from './table.ts'
import { openDoor, type DoorLoad, type DoorOptions, type OpenDoor } from './server.ts'

export interface DoorsOptions extends Omit<DoorOptions, 'serves'> {
  /** Serves alerts and what Slack sends, and nothing else: no stop, no page, nothing to read. */
  readonly ingress?: DoorOptions['listen'] | undefined
}

const isAlerts = ({ right }: Operation): boolean => right === 'send'

export async function openDoors({ ingress, ...options }: DoorsOptions): Promise<Omit<OpenDoor, 'address'> & { readonly ingressUrl: string | undefined }> {
  const doors = [await openDoor(options)]
  try {
    // Whoever sends from there has a token, or Slack's signature: no certificate is asked for.
    if (ingress) doors.push(await openDoor({ ...options, listen: ingress, serves: isAlerts, ...(options.certificates ? { certificates: { ...options.certificates, asksClients: false } } : {}) }))
  } catch (problem) {
    await doors[0]!.close(0)
    throw problem
  }
  return {
    url: doors[0]!.url,
    ingressUrl: doors[1]?.url,
    load: () => doors.map((door) => door.load()).reduce(sum),
    drain: () => doors.forEach((door) => door.drain()),
    close: async (withinMs) => void (await Promise.all(doors.map((door) => door.close(withinMs)))),
  }
}

const sum = (a: DoorLoad, b: DoorLoad): DoorLoad => ({
  connections: a.connections + b.connections, notifications: a.notifications + b.notifications, reads: a.reads + b.reads,
  bodyBytes: a.bodyBytes + b.bodyBytes, bigBodies: a.bigBodies + b.bigBodies, streams: a.streams + b.streams,
})

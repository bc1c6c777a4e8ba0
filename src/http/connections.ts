/**
 * Bounds connections without ever shutting the door on a stop: one too many takes the place of the one that has been
 * idle longest, or else of the one that has been new, or sending its request, for longest.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Held {
  readonly socket: Socket
  /** fresh: it has not sent the head of a request yet, and may be about to. idle: between requests. sending: a request is coming in. answering: we are at work for it. */
  state: 'fresh' | 'idle' | 'sending' | 'answering'
  urgent: boolean
  /** Of the changes of all connections, which one brought it there: the lowest has been as it is for longest. */
  since: number
}

export const boundConnections = (server: Server, most: number) => {
  const held = new Map<string, Held>()
  let changes = 0

  const change = (is: Held | undefined, state: Held['state'], urgent = false): void => {
    if (is) Object.assign(is, { state, urgent, since: ++changes })
  }
  const longest = (...states: readonly Held['state'][]): string | undefined => {
    let found: [string, Held] | undefined
    for (const one of held) if (states.includes(one[1].state) && !one[1].urgent && !(found && found[1].since < one[1].since)) found = one
    return found?.[0]
  }

  server.on('connection', (socket: Socket) => {
    if (held.size >= most) {
      const victim = longest('idle') ?? longest('fresh', 'sending') ?? longest('answering')
      if (victim !== undefined) {
        held.get(victim)!.socket.destroy()
        held.delete(victim)
      }
    }
    const key = keyOf(socket)
    held.set(key, { socket, state: 'fresh', urgent: false, since: ++changes })
    socket.once('close', () => held.get(key)?.socket === socket && held.delete(key))
  })

  return {
    count: (): number => held.size,
    /** Called at the head of every request. */
    begin: (req: IncomingMessage, res: ServerResponse, urgent: boolean): void => {
      const is = held.get(keyOf(req.socket))
      change(is, 'sending', urgent)
      req.once('end', () => change(is, 'answering', urgent))
      res.once('close', () => change(is, 'idle'))
    },
  }
}
/** With TLS a request has another socket than the one that was accepted. The two ends are the same: both, since from one port of a caller several addresses of ours can be reached. */
const keyOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket): string => `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`

export type Connections = ReturnType<typeof boundConnections>

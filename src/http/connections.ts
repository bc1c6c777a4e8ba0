/**
 * Bounds connections without ever shutting the door on a stop: one too many takes the place of the one that has been
 * idle longest, or else of the one that has been sending its request for longest.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Held {
  /** idle: between requests. sending: a request is coming in. answering: we are at work for it. */
  state: 'idle' | 'sending' | 'answering'
  urgent: boolean
}

export const boundConnections = (server: Server, most: number) => {
  /** In the order of their last change: the first has been as it is for longest. */
  const held = new Map<Socket, Held>()

  const change = (socket: Socket, state: Held['state'], urgent = false): void => {
    if (!held.delete(socket)) return
    held.set(socket, { state, urgent })
  }
  const longest = (state: Held['state']): Socket | undefined => {
    for (const [socket, is] of held) if (is.state === state && !is.urgent) return socket
    return undefined
  }

  server.on('connection', (socket: Socket) => {
    if (held.size >= most) {
      const victim = longest('idle') ?? longest('sending') ?? longest('answering')
      victim?.destroy()
      if (victim) held.delete(victim)
    }
    held.set(socket, { state: 'idle', urgent: false })
    socket.once('close', () => held.delete(socket))
  })

  return {
    count: (): number => held.size,
    /** Called at the head of every request. */
    begin: (req: IncomingMessage, res: ServerResponse, urgent: boolean): void => {
      const { socket } = req
      change(socket, 'sending', urgent)
      req.once('end', () => change(socket, 'answering', urgent))
      res.once('close', () => change(socket, 'idle'))
    },
  }
}
export type Connections = ReturnType<typeof boundConnections>

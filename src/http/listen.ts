/**
 * One address, many sockets. Node accepts one connection of a listening socket in each turn of its loop: while turns are
 * long, a few thousand connections would stand for minutes in front of the one that carries a stop. The kernel spreads
 * them over all sockets that share the address.
 */
import type { Server } from 'node:http'
import { Server as SecureServer } from 'node:https'
import { createServer, type AddressInfo, type ListenOptions, type Server as Acceptor } from 'node:net'

const sockets = 64
/** A flood of new connections must not crowd out the one that carries a stop: the kernel would make it wait for seconds. */
const backlog = 1024

export interface Listening {
  readonly address: AddressInfo
  /** No new connections. */
  close(): void
}

/** Resolves once all of them listen. Fails like any other where somebody listens there already. */
export async function listenWide(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<Listening> {
  // Whoever shares an address shares it with everybody else who would: that nobody is there yet is asked by one who does not.
  const first = createServer()
  const { port: free } = await listen(first, { host, port })
  await new Promise((resolve) => first.close(resolve))
  const at = { host, port: free, backlog, reusePort: true }
  const address = await listen(server, at)
  // As the server itself has it: a handshake that failed would leave half a connection behind.
  const allowHalfOpen = !(server instanceof SecureServer)
  const acceptors = Array.from({ length: sockets - 1 }, () => createServer({ allowHalfOpen, noDelay: true }, (socket) => server.emit('connection', socket)))
  await Promise.all(acceptors.map((acceptor) => listen(acceptor, at)))
  return { address, close: () => acceptors.forEach((acceptor) => acceptor.close()) }
}

const listen = (server: Acceptor, options: ListenOptions): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })

/** A port for a replica: one that nobody listens on now. Who is faster in the moment after is found out by the replica. */
import { createServer } from 'node:net'

export async function freePort(ports: { readonly from: number; readonly to: number } | 'any free', taken: readonly number[]): Promise<number | undefined> {
  if (ports === 'any free') {
    for (let tries = 0; tries < 50; tries++) {
      const port = await portIfFree(0)
      if (port !== undefined && !taken.includes(port)) return port
    }
    return undefined
  }
  for (let port = ports.from; port <= ports.to; port++) {
    if (!taken.includes(port) && (await portIfFree(port)) !== undefined) return port
  }
  return undefined
}

const portIfFree = (port: number): Promise<number | undefined> =>
  new Promise((done) => {
    const server = createServer()
    server.on('error', () => done(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : undefined))
    })
  })

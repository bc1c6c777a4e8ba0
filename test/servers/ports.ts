/** Ports of this machine for servers that cannot be told to take any that is free. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below those that the kernel gives to connections and to whoever asks for any: so nobody else has them while a server is down. */
const [first, end] = [15_000, 32_000]

const listen = async (): Promise<Server> => {
  for (;;) {
    const server = createServer().listen(randomInt(first, end), '127.0.0.1')
    const isFree = await once(server, 'listening').then(() => true, () => false)
    if (isFree) return server
  }
}

/** That were free a moment ago, all different. */
export const freePorts = async (count: number): Promise<number[]> => {
  const servers: Server[] = []
  while (servers.length < count) servers.push(await listen())
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

export const freePort = async (): Promise<number> => (await freePorts(1))[0]!

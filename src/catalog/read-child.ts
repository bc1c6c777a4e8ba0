/** One reading of the catalogue, in a process that ends with it: see `apart.ts`. */
import type { Apart, ApartOrder } from './apart.ts'
import { materialise } from './copies.ts'
import { readCatalogue } from './read.ts'

process.once('message', async (order: ApartOrder) => {
  const { scripts, ...reading } = await readCatalogue(order)
  if (reading.catalogue) await materialise(scripts, order.scratch)
  // Whoever asked may be gone: it ends all the same, once those that it started have.
  if (process.connected) process.send!({ ...reading, scripts: scripts.map(({ id, digest, shown }) => ({ id, digest, shown })) } satisfies Apart, () => {})
})

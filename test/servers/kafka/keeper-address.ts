import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One keeper per user and checkout. An abstract socket on Linux: it goes with its process and leaves no file. */
export function keeperAddress(): string {
  const hash = createHash('sha256').update(`${process.getuid?.()} ${import.meta.dirname}`).digest('hex').slice(0, 16)
  return process.platform === 'linux' ? `\0paramedic-kafka-${hash}` : join(tmpdir(), `paramedic-kafka-${hash}.sock`)
}

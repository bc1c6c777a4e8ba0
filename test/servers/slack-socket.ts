/** The server's side of a WebSocket, as little as Socket Mode needs: text frames, ping and close. */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

export interface Socket {
  send(json: unknown): void
  ping(): void
  /** With a closing frame; without one the connection is only cut. */
  end(how: 'close' | 'cut'): void
}

export const acceptSocket = (req: IncomingMessage, stream: Duplex, on: { message: (json: any) => void; end: () => void }): Socket => {
  const accept = createHash('sha1').update(`${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  stream.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
  let held = Buffer.alloc(0)
  stream.on('error', () => stream.destroy()).on('close', on.end)
  stream.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk])
    for (let frame = readFrame(held); frame; frame = readFrame(held)) {
      held = held.subarray(frame.length)
      if (frame.opcode === 1) on.message(JSON.parse(frame.payload.toString()))
      else if (frame.opcode === 8) stream.end(frameOf(8, frame.payload))
      else if (frame.opcode === 9) stream.write(frameOf(10, frame.payload))
    }
  })
  return {
    send: (json) => void stream.write(frameOf(1, Buffer.from(JSON.stringify(json)))),
    ping: () => void stream.write(frameOf(9, Buffer.from('ping'))),
    end: (how) => void (how === 'cut' ? stream.destroy() : stream.write(frameOf(8, Buffer.from([3, 232])))),
  }
}

const frameOf = (opcode: number, payload: Buffer): Buffer => {
  const size = payload.length
  const head = size < 126 ? Buffer.from([0x80 | opcode, size]) : size < 65_536 ? Buffer.from([0x80 | opcode, 126, size >> 8, size & 255]) : Buffer.alloc(10)
  if (size >= 65_536) {
    head.writeUInt8(0x80 | opcode, 0)
    head.writeUInt8(127, 1)
    head.writeBigUInt64BE(BigInt(size), 2)
  }
  return Buffer.concat([head, payload])
}

/** What a client sends is masked, and here always one frame. */
const readFrame = (data: Buffer): { opcode: number; payload: Buffer; length: number } | undefined => {
  if (data.length < 2) return undefined
  const short = data[1]! & 127
  const at = short === 126 ? 4 : short === 127 ? 10 : 2
  if (data.length < at + 4) return undefined
  const size = short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short
  if (data.length < at + 4 + size) return undefined
  const mask = data.subarray(at, at + 4)
  const payload = Buffer.from(data.subarray(at + 4, at + 4 + size).map((byte, index) => byte ^ mask[index % 4]!))
  return { opcode: data[0]! & 15, payload, length: at + 4 + size }
}

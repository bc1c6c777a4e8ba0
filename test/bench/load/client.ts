/** One connection of HTTP/1.1, one request at a time, as cheap as can be: the client must not be what is measured. */
import { connect, type Socket } from 'node:net'

export interface Client {
  /** Resolves with the status when the whole answer has come. */
  send(request: Buffer): Promise<number>
  close(): void
}

export const openClient = async (port: number): Promise<Client> => {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let answered: ((status: number) => void) | undefined
  let failed: ((problem: Error) => void) | undefined
  let head = ''
  let left = -1
  let status = 0
  const lose = (problem: Error): void => failed?.(problem)
  socket.on('error', lose).on('close', () => lose(new Error('the server closed the connection')))
  socket.on('data', (chunk: Buffer) => {
    let rest = chunk.length
    if (left < 0) {
      head += chunk.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      status = Number(head.slice(9, 12))
      const length = /\ncontent-length: *(\d+)/i.exec(head.slice(0, end))
      if (length === null) return lose(new Error(`an answer without a length: ${head.slice(0, end)}`))
      left = Number(length[1])
      rest = head.length - end - 4
    }
    left -= rest
    if (left > 0) return
    head = ''
    left = -1
    answered?.(status)
  })
  return {
    send: (request) => new Promise((resolve, reject) => {
      answered = resolve
      failed = reject
      socket.write(request)
    }),
    close: () => void socket.removeAllListeners('close').destroy(),
  }
}

/** The limit of receiving: `node:http` that reads a body, parses it, and keeps nothing. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpuMs } from './processes.ts'

const answer = JSON.stringify({ accepted: 10 })
const headers = { 'content-type': 'application/json', 'content-length': answer.length }

const server = createServer((req, res) => {
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => {
    JSON.parse(Buffer.concat(chunks).toString())
    res.writeHead(200, headers).end(answer)
  })
})
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }))
process.on('message', () => process.send!({ cpuMs: cpuMs() }))
process.on('disconnect', () => process.exit(0))

/** The cold way: the alert is made durable, matched, and a process is started for it, which loads zx. Nothing else. */
import { spawn } from 'node:child_process'
import { fsyncSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { matches, parseMatchers } from '../../../src/core/matcher.ts'

const place = process.argv[2]!
const log = openSync(join(place, 'log'), 'a')
// Beside our own packages, so that zx is found.
const script = join(import.meta.dirname, `.cold-${process.pid}.mjs`)
writeFileSync(script, "import { $ } from 'zx/core'\nprocess.stdout.write(String(process.hrtime.bigint()))\nvoid $\n")
process.on('exit', () => rmSync(script))
const route = parseMatchers(['alertname="FirstLine"'])

const server = createServer((req, res) => {
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => {
    const body = Buffer.concat(chunks)
    const { alerts } = JSON.parse(body.toString()) as { alerts: { labels: Record<string, string> }[] }
    writeSync(log, body)
    fsyncSync(log)
    if (!alerts.some(({ labels }) => matches(route, new Map(Object.entries(labels))))) return res.writeHead(404).end()
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    let at = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (at += text))
    return child.once('close', () => res.end(JSON.stringify({ at })))
  })
})
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit(0))

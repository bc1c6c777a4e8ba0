/**
 * A proxy as a process of its own: `node proxy.ts NAME=PORT …`. It knows these names, which nobody else does, and says what
 * went through it: a line each, the first one its own port.
 */
import { createServer, request } from 'node:http'
import { connect, type AddressInfo } from 'node:net'

const known = new Map(process.argv.slice(2).map((pair) => pair.split('=') as [string, string]))
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const server = createServer((req, res) => {
  const url = new URL(req.url!)
  say(`${req.method} ${url.host}`)
  const port = known.get(url.hostname)
  if (port === undefined) return void res.writeHead(502).end()
  const onward = request({ host: '127.0.0.1', port, method: req.method, path: `${url.pathname}${url.search}`, headers: req.headers }, (answer) => {
    res.writeHead(answer.statusCode!, answer.headers)
    answer.pipe(res)
  })
  onward.on('error', () => res.destroy())
  req.pipe(onward)
})
server.on('connect', (req, socket, head) => {
  say(`CONNECT ${req.url}`)
  const port = known.get(req.url!.split(':')[0]!)
  if (port === undefined) return void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  const onward = connect(Number(port), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    onward.write(head)
    onward.pipe(socket).pipe(onward)
  })
  for (const end of [onward, socket]) end.on('error', () => (onward.destroy(), socket.destroy()))
})
server.listen(0, '127.0.0.1', () => say(String((server.address() as AddressInfo).port)))

/**
 * The keeper of this machine's services: a small process of its own, so that the replicas outlive the server.
 *
 *     node local-keeper.ts FOLDER [AFTER]
 *
 * AFTER names the dead keeper that this one is to follow: if by now there was another one, nobody waits for this one.
 * It owns the replicas declared in FOLDER and keeps as many as were last asked for. Killed, it leaves them running, and
 * the next keeper of the folder adopts them. On TERM it ends them, and itself; the same when its folder is removed.
 */
import { timingSafeEqual, randomBytes } from 'node:crypto'
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { declare, listOf, restartMember, setReplicas, sizeOf } from './local-book.ts'
import { isAlive, nameOf } from './local-process.ts'
import { keeperNamed, loadAddress, loadKept, saveAddress, saveKept, takeKeeperLock } from './local-state.ts'
import { Replicas } from './local-replicas.ts'
import { writeTargets } from './local-targets.ts'
import { stateFile, type Ask, type Kept, type ProcessName, type Told } from './local-words.ts'
import { isProviderErrorName } from './provider.ts'

const turnEveryMs = 250
const largestLogBytes = 8 << 20
const largestAskBytes = 4 << 20

const folder = resolve(process.argv[2] ?? usage())
if (process.argv[3] === undefined) mkdirSync(folder, { recursive: true, mode: 0o700 })
// Who was slow to boot must not make a folder again that was removed meanwhile.
if (!existsSync(folder)) process.exit(0)
if (!existsSync(join(folder, 'logs'))) mkdirSync(join(folder, 'logs'), { mode: 0o700 })
const lock = takeKeeperLock(folder)
// Several were started at once, and another one was faster: its address is the one to ask.
if (lock === undefined || (process.argv[3] ?? keeperNamed(loadAddress(folder))) !== keeperNamed(loadAddress(folder))) process.exit(0)

let kept: Kept = loadKept(folder)
let owner: ProcessName | undefined
saveKept(folder, kept)
const replicas = new Replicas({
  folder,
  kept: () => kept,
  keep: (next) => {
    kept = next
    if (existsSync(folder)) saveKept(folder, kept)
  },
  log,
  changed: () => writeTargets(folder, kept, replicas.isReady),
})

const token = randomBytes(24).toString('base64url')
const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
  void tell(request).then(({ status, told }) => {
    const text = JSON.stringify(told)
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
  }, () => response.destroy())
})
server.listen(0, '127.0.0.1', () => {
  saveAddress(folder, { process: nameOf(process.pid)!, port: (server.address() as AddressInfo).port, token })
  log(`keeper ${kept.keeper} is here: pid ${process.pid}`)
})

const timer = setInterval(() => {
  if (!existsSync(join(folder, stateFile))) return void end('its folder was removed')
  if (owner !== undefined && !isAlive(owner)) return void end(`its owner, process ${owner.pid}, ended`)
  trimLogs()
  void replicas.turn()
}, turnEveryMs)
void replicas.turn()
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => void end(`${name} came`))
process.on('SIGHUP', () => {})

async function tell(request: IncomingMessage): Promise<{ status: number; told: Told }> {
  const refused = (status: number, message: string) => ({ status, told: { error: { name: 'BadCall', message } } as Told })
  const given = Buffer.from(request.headers.authorization ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return refused(401, 'this keeper answers only to the token of its folder')
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if ((size += chunk.length) > largestAskBytes) return refused(413, 'too long')
    chunks.push(chunk)
  }
  try {
    return { status: 200, told: { value: answer(JSON.parse(Buffer.concat(chunks).toString()) as Ask) } }
  } catch (error) {
    const { name, message } = error as Error
    if (isProviderErrorName(name)) return { status: 200, told: { error: { name, message } } }
    log(`a call failed: ${(error as Error).stack ?? message}`)
    return refused(500, message)
  }
}

function answer(ask: Ask): Answer {
  switch (ask.verb) {
    case 'read':
      return sizeOf(kept, ask.target, replicas.isReady)
    case 'list':
      return listOf(kept)
    case 'set':
      return take(setReplicas(kept, ask), ask.target)
    case 'restart':
      return take(restartMember(kept, ask), ask.target)
    case 'declare':
      take(declare(kept, ask.services))
      owner = ask.owner ?? owner
      return null
    case 'end':
      void end('asked to')
      return null
  }
}

type Answer = Extract<Told, { value: unknown }>['value']

/** Durable first, then it is answered, and then it is done. */
function take(next: Kept, target?: string): ReturnType<typeof sizeOf> | null {
  if (next !== kept) {
    saveKept(folder, next)
    kept = next
    setImmediate(() => void replicas.turn())
  }
  return target === undefined ? null : sizeOf(kept, target, replicas.isReady)
}

let over: Promise<void> | undefined
function end(why: string): Promise<void> {
  over ??= (async () => {
    log(`ends: ${why}`)
    clearInterval(timer)
    await replicas.end()
    // Whoever asked for the end is still being told so.
    await Promise.race([new Promise((closed) => server.close(closed)), new Promise((go) => setTimeout(go, 1000))])
    log('ended')
    lock?.release()
    process.exit(0)
  })()
  return over
}

function log(text: string): void {
  if (existsSync(join(folder, 'logs'))) appendFileSync(join(folder, 'logs', 'keeper.log'), `${new Date().toISOString()} ${text}\n`, { mode: 0o600 })
}

/** Their writers hold them open, so they are copied and cut, not moved. One older file of each is kept. */
function trimLogs(): void {
  for (const name of readdirSync(join(folder, 'logs'))) {
    const path = join(folder, 'logs', name)
    if (!name.endsWith('.log') || statSync(path).size <= largestLogBytes) continue
    copyFileSync(path, `${path}.1`)
    truncateSync(path)
  }
}

function usage(): never {
  process.stderr.write('usage: node local-keeper.ts FOLDER [AFTER]\n')
  process.exit(2)
}

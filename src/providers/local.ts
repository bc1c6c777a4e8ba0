/**
 * The provider `local`: services whose replicas are processes of this machine, declared in a file, kept by a process of
 * their own. Enough to run a few services on one host, and what the demo and the tests scale.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, closeSync } from 'node:fs'
import { request } from 'node:http'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isAlive, nameOf } from './local-process.ts'
import { readServices } from './local-services.ts'
import { keeperNamed, loadAddress } from './local-state.ts'
import type { Address, Ask, Declarations, Told } from './local-words.ts'
import { ProviderError, withinDeadline, type Call, type Provider, type Size } from './provider.ts'

export interface LocalProvider extends Provider {
  /** Ends every replica and the keeper. */
  end(call: Call): Promise<void>
  readonly folder: string
}

const startMs = 15_000
const retryMs = 25

/**
 * Reads the file (throws `ServicesProblem` with all that is wrong in it), and has its services run by the keeper of
 * `folder`, which is started unless it is there. Closing the provider leaves the services running; `end` ends them.
 */
export async function startLocalServices(file: string, folder: string, { endWithMe = false, ...call }: Partial<StartOptions> = {}): Promise<LocalProvider> {
  const declared = await readServices(file)
  return localProvider(declared, folder, { signal: new AbortController().signal, deadlineMs: startMs, endWithMe, ...call })
}

export interface StartOptions extends Call {
  /** The services end when this process does, however it ends. */
  readonly endWithMe: boolean
}

async function localProvider(declared: Declarations, folder: string, { endWithMe, ...call }: StartOptions): Promise<LocalProvider> {
  const place = resolve(folder)
  mkdirSync(place, { recursive: true, mode: 0o700 })
  const ask = (what: string, words: Ask, given: Call): Promise<unknown> =>
    withinDeadline(what, given, async (signal) => valueOf(await askKeeper(place, words, signal)))
  const owner = endWithMe ? nameOf(process.pid) : undefined
  await ask('the keeper of the local services', { verb: 'declare', services: declared, ...(owner === undefined ? {} : { owner }) }, call)
  return {
    name: 'local',
    folder: place,
    read: async (target, given) => (await ask(target, { verb: 'read', target }, given)) as Size,
    list: async (given) => (await ask('the list of services', { verb: 'list' }, given)) as { name: string; id: string }[],
    set: async (target, replicas, { version, toward, ...given }) =>
      (await ask(target, { verb: 'set', target, replicas, ...(version === undefined ? {} : { version }), ...(toward === undefined ? {} : { toward }) }, given)) as Size,
    restart: async (target, member, given) => (await ask(target, { verb: 'restart', target, member }, given)) as Size,
    close: async () => {},
    end: (given) => withinDeadline('the end of the local services', given, (signal) => endKeeper(place, signal)),
  }
}

function valueOf(told: Told): unknown {
  if ('value' in told) return told.value
  throw new ProviderError(told.error.name, told.error.message)
}

/** Whenever nobody listens, a keeper is started: it may have been killed. A change that was sent is not sent again. */
async function askKeeper(folder: string, words: Ask, signal: AbortSignal): Promise<Told> {
  let starting: ReturnType<typeof startKeeper> | undefined
  for (;;) {
    const address = loadAddress(folder)
    const told = address === undefined || !isAlive(address.process) ? 'nobody there' : await post(address, words, signal)
    if (told !== 'nobody there') return told
    if (starting === undefined || starting.exited()) starting = startKeeper(folder, address)
    await sleep(retryMs, undefined, { signal })
  }
}

function startKeeper(folder: string, after: Address | undefined): { exited(): boolean } {
  if (!existsSync(folder)) throw new ProviderError('TargetUnreachable', `the folder of the local services is gone: ${folder}`)
  const script = keeperScript()
  mkdirSync(join(folder, 'logs'), { recursive: true, mode: 0o700 })
  const log = openSync(join(folder, 'logs', 'keeper.log'), 'a', 0o600)
  // A session of its own: neither a terminal's Ctrl-C nor our end is its end.
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, folder, keeperNamed(after)], {
    detached: true, stdio: ['ignore', log, log], cwd: folder, env: cleanEnvironment(),
  })
  closeSync(log)
  child.on('error', () => {})
  child.unref()
  return { exited: () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined }
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR']
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
}

/** Beside us in a checkout, in `providers/` of the built server. */
function keeperScript(): string {
  const candidates = import.meta.url.endsWith('.ts') ? ['./local-keeper.ts'] : ['./local-keeper.js', './providers/local-keeper.js', '../providers/local-keeper.js']
  const paths = candidates.map((path) => fileURLToPath(new URL(path, import.meta.url)))
  const found = paths.find((path) => existsSync(path))
  if (found === undefined) throw new Error(`${paths.join(' or ')} is missing: build again`)
  return found
}

/** A wrong token is a wrong keeper: a newer one was faster, and its address comes in a moment. */
function post({ port, token }: Address, words: Ask, signal: AbortSignal): Promise<Told | 'nobody there'> {
  const text = JSON.stringify(words)
  return new Promise((done, fail) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const asking = request({ host: '127.0.0.1', port, method: 'POST', agent: false, headers, signal }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', fail)
      response.once('end', () => {
        if (response.statusCode === 401) return done('nobody there')
        try {
          done(JSON.parse(Buffer.concat(chunks).toString()) as Told)
        } catch {
          done('nobody there')
        }
      })
    })
    asking.on('error', (error: NodeJS.ErrnoException) => {
      const unsaid = error.code === 'ECONNREFUSED' || (error.code === 'ECONNRESET' && words.verb !== 'set' && words.verb !== 'restart')
      if (unsaid) done('nobody there')
      else fail(error)
    })
    asking.end(text)
  })
}

/** Replicas may live on without their keeper, and only a keeper can end them: so one is started if need be. */
async function endKeeper(folder: string, signal: AbortSignal): Promise<void> {
  if (!existsSync(folder)) return
  await askKeeper(folder, { verb: 'list' }, signal)
  const keeper = loadAddress(folder)?.process
  await askKeeper(folder, { verb: 'end' }, signal)
  while (keeper !== undefined && isAlive(keeper)) await sleep(retryMs, undefined, { signal })
}

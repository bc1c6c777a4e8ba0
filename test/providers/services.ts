/** Real services for tests: small HTTP servers of this machine, in a folder that is removed with all that runs in it. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { marked } from '../../src/providers/local-process.ts'
import { startLocalServices, type LocalProvider } from '../../src/providers/local.ts'
import type { Address, Kept } from '../../src/providers/local-words.ts'
import { call } from '../contract/provider.ts'

/** How a replica behaves, after `node` and its port. */
export const behaviours = {
  serves: `require('node:http').createServer((_, answer) => answer.end('well')).listen(port, '127.0.0.1')`,
  ignoresTerm: `process.on('SIGTERM', () => {}); require('node:http').createServer((_, answer) => answer.end('well')).listen(port, '127.0.0.1')`,
  leavesAChild: `require('node:child_process').spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref()
    require('node:http').createServer((_, answer) => answer.end('well')).listen(port, '127.0.0.1')`,
  diesAtOnce: `process.exit(3)`,
  neverReady: `require('node:http').createServer((_, answer) => { answer.statusCode = 503; answer.end() }).listen(port, '127.0.0.1')`,
}

export interface Services {
  readonly folder: string
  readonly state: string
  readonly file: string
  readonly provider: LocalProvider
  /** Another server of the same machine. */
  again(): Promise<LocalProvider>
  keeper(): Address
  kept(): Kept
  processes(): number[]
  destroy(): Promise<void>
}

export async function startServices(behaviour: keyof typeof behaviours = 'serves', more = ''): Promise<Services> {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-services-'))
  const file = join(folder, 'services.yaml')
  const state = join(folder, 'state')
  mkdirSync(state)
  writeFileSync(join(folder, 'replica.cjs'), `const port = Number(process.argv[2])\n${behaviours[behaviour]}\n`)
  writeFileSync(file, declared(more))
  const provider = await startLocalServices(file, state, call())
  const kept = (): Kept => JSON.parse(readFileSync(join(state, 'services.json'), 'utf8')) as Kept
  const { keeper: ours } = kept()
  const processes = (): number[] => marked(ours).map(({ pid }) => pid)
  return {
    folder, state, file, provider, kept, processes,
    again: () => startLocalServices(file, state, call()),
    keeper: () => JSON.parse(readFileSync(join(state, 'keeper.json'), 'utf8')) as Address,
    destroy: async () => {
      await provider.end(call())
      assert.deepEqual(processes(), [], `no process of a replica is left; the keeper says:\n${readFileSync(join(state, 'logs', 'keeper.log'), 'utf8')}`)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const declared = (more = ''): string => `services:
  web:
    command: ['${process.execPath}', replica.cjs, '{port}']
    min: 1
    max: 4
    replicas: 2
    health: { url: 'http://127.0.0.1:{port}/', every: 100ms }
    labels: { tier: front }
    stopWithin: 500ms
${more}`

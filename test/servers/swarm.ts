/** A real Docker engine with a Swarm of one node, of a test's own. Needs root; nothing of the machine's network is touched but docker_gwbridge. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './ports.ts'

const has = (command: string): boolean => spawnSync('which', [command]).status === 0
const whole = process.getuid?.() === 0 && has('dockerd') && has('containerd') && existsSync('/bin/busybox')
export const swarmMissing: string | false =
  whole || process.env['CI'] === 'true' ? false : 'there is no Docker engine, or we are not root (Debian: docker.io containerd busybox-static)'

export interface Swarm {
  readonly host: string
  docker(...args: string[]): string
  stop(): Promise<void>
}

export async function startSwarm(): Promise<Swarm> {
  const folder = mkdtempSync(join(tmpdir(), `paramedic-swarm-${process.pid}-`))
  const path = (name: string): string => join(folder, name)
  const log = openSync(path('log'), 'a')
  const host = `unix://${path('docker.sock')}`
  const child = spawn('dockerd', [
    '--data-root', path('data'), '--exec-root', path('exec'), '--pidfile', path('pid'), '-H', host, '--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=vfs', '--ip-forward=false', '--ip-masq=false',
  ], { stdio: ['ignore', log, log] })
  const ended = new Promise<void>((go) => child.once('close', () => go()).on('error', () => go()))
  const docker = (...args: string[]): string => execFileSync('docker', ['-H', host, ...args], { encoding: 'utf8', timeout: 120_000, stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  const stop = async (): Promise<void> => {
    spawnSync('docker', ['-H', host, 'swarm', 'leave', '-f'], { timeout: 60_000 })
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await ended
    clearTimeout(late)
    spawnSync('ip', ['link', 'del', 'docker_gwbridge'])
    if (existsSync(path('exec/netns'))) for (const name of readdirSync(path('exec/netns'))) spawnSync('umount', [path(`exec/netns/${name}`)])
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    for (const end = Date.now() + 60_000; spawnSync('docker', ['-H', host, 'info'], { timeout: 20_000 }).status !== 0; await sleep(200)) {
      if (Date.now() > end || child.exitCode !== null) throw new Error(`dockerd does not start: ${readFileSync(path('log'), 'utf8').slice(-2000)}`)
    }
    docker('swarm', 'init', '--advertise-addr', '127.0.0.1', '--listen-addr', `127.0.0.1:${await freePort()}`, '--data-path-addr', '127.0.0.1')
    mkdirSync(path('root/bin'), { recursive: true })
    copyFileSync('/bin/busybox', path('root/bin/busybox'))
    for (const name of ['sh', 'sleep']) symlinkSync('busybox', path(`root/bin/${name}`))
    execFileSync('tar', ['-C', path('root'), '-cf', path('image.tar'), '.'])
    docker('import', '--change', 'CMD ["/bin/sleep","3600"]', path('image.tar'), 'local/bb:1')
  } catch (problem) {
    await stop()
    throw problem
  }
  return { host, docker, stop }
}

/** moto speaks AWS's wire: signatures, parameters, XML. It is lenient in what it allows, so only the wire is judged by it. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './ports.ts'

/** `.ci/run` puts it there. */
const command = join(process.env['PARAMEDIC_TEST_CACHE'] ?? join(homedir(), '.cache/paramedic-test'), 'moto-5.2.0/bin/moto_server')

export const motoMissing: string | false =
  existsSync(command) || process.env['CI'] === 'true' ? false : `moto is not installed: python3 -m venv ${join(command, '../..')} && ${join(command, '../pip')} install 'moto[server,autoscaling]==5.2.0'`

export async function startMoto(): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort()
  const child = spawn(command, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  const ended = new Promise<void>((go) => child.once('close', () => go()).on('error', () => go()))
  const url = `http://127.0.0.1:${port}`
  for (const end = Date.now() + 60_000; ; await sleep(100)) {
    if (await fetch(`${url}/moto-api/data.json`).then(({ ok }) => ok, () => false)) break
    if (Date.now() > end || child.exitCode !== null || child.pid === undefined) throw new Error(`moto does not start: ${command}`)
  }
  return {
    url,
    stop: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

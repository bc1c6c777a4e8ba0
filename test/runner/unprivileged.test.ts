/**
 * The contract of killing as an ordinary pod has it: uid 65534, no capabilities, no new privileges, no user namespaces,
 * a root that can only be read. The same test file is run again in there.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const contract = fileURLToPath(new URL('kill.test.ts', import.meta.url))

/** A place that is in nobody's way, for what may be written. */
const writable = ['/mnt', '/srv', '/opt'].find((path) => ![contract, process.execPath].some((used) => used.startsWith(`${path}/`)))

/** In a changed root no user namespace can be made, whatever the machine allows. */
const jail = `
set -eu
root=$1; shift
mount --make-rprivate /
mount --rbind / "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o mode=1777 none "$root${writable}"
exec chroot "$root" setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs sh -c '
  test "$(id -u)" = 65534 || { echo "JAIL: not another user"; exit 90; }
  grep -q "^CapEff:[[:space:]]*0000000000000000$" /proc/self/status || { echo "JAIL: has capabilities"; exit 91; }
  ! unshare --user true 2>/dev/null || { echo "JAIL: has user namespaces"; exit 92; }
  ! touch /written 2>/dev/null || { echo "JAIL: may write"; exit 93; }
  test -r "$2" && test -x "$1" || { echo "JAIL: may not read this checkout"; exit 94; }
  exec "$@"' sh "$@"
`

test('nothing survives either as uid 65534, without capabilities or user namespaces, on a read-only root', async (t) => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return process.env['CI'] === 'true' ? assert.fail('CI has such a place') : t.skip('making such a place needs root on Linux')
  const root = mkdtempSync(join(tmpdir(), 'paramedic-jail-'))
  const command = ['--mount', 'sh', '-c', jail, 'jail', root, process.execPath, contract]
  const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, TMPDIR: writable, HOME: writable }
  const child = spawn('unshare', command, { stdio: ['ignore', 'pipe', 'pipe'], env, timeout: 120_000, killSignal: 'SIGKILL' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise<number | null>((done) => child.on('close', done))
  rmdirSync(root)
  const barred = /JAIL: (.*)|^unshare: .*$/m.exec(output)
  if (barred && [90, 91, 92, 93, 94, 1].includes(code ?? 0) && !output.includes('killing by')) return process.env['CI'] === 'true' ? assert.fail(output) : t.skip(`such a place cannot be made here: ${barred[0]}`)
  assert.equal(code, 0, output)
  // The group belongs to root, the namespace needs rights: what is left must carry, and must have been tried.
  assert.match(output, /nothing survives: fork churn \([\d.]+ms\)\s*$/m, output)
  assert.match(output, /fork churn .*# .*(cgroup|group|Read-only|EACCES|EROFS)/, 'control groups were not to be had, and it says why')
})

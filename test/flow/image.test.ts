/**
 * The image, as far as it can be had without an engine: its folders are laid out and built as the Dockerfile says, and its
 * own command and health check are run as uid 65534, without capabilities, on a root that can only be read.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { eventually } from './flow.ts'
import { freePort } from '../servers/ports.ts'

const root = join(import.meta.dirname, '../..')
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')
const stages = dockerfile.split(/^FROM /m).slice(1)
const copies = (stage: string): string[] => [...stage.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, paths]) => paths!.split(' '))
/** The list of an instruction; the health check has its own CMD on the same line. */
const list = (name: string): string[] => JSON.parse(new RegExp(`^${name} .*?(\\[.*\\])$`, 'm').exec(dockerfile)![1]!) as string[]

const noJail = process.platform !== 'linux' || process.getuid?.() !== 0 || spawnSync('tini', ['--version']).error !== undefined
const skip = noJail && process.env['CI'] !== 'true' ? 'a root that can only be read needs root on Linux, and tini' : false

const jail = `
set -eu
root=$1; app=$2; shift 2
mount --make-rprivate /
mount --rbind / "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o mode=1777 none "$root/mnt"
exec chroot "$root" setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs sh -c 'cd "$1"; shift; ! touch here 2>/dev/null || exit 93; exec "$@"' sh "$app" "$@"
`

/** The folders of the last stage, with `dist/` built in those of the first. */
function layOut(t: TestContext): { app: string; root: string } {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-image-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [build, app, jailRoot] = ['build', 'app', 'root'].map((name) => join(folder, name)) as [string, string, string]
  for (const path of [folder, build, app, jailRoot]) {
    mkdirSync(path, { recursive: true })
    chmodSync(path, 0o755)
  }
  for (const [to, stage] of [[build, stages[0]!], [app, stages[1]!]] as const) for (const path of copies(stage)) cpSync(join(root, path), join(to, path), { recursive: true })
  for (const path of [build, app]) symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'))
  const built = spawnSync(process.execPath, ['tools/build.ts'], { cwd: build, encoding: 'utf8' })
  assert.equal(built.status, 0, built.stderr)
  cpSync(join(build, 'dist'), join(app, 'dist'), { recursive: true })
  return { app, root: jailRoot }
}

describe('the image', () => {
  test('serves as an ordinary pod has it, is found healthy, and ends when it is told to', { skip, timeout: 300_000 }, async (t) => {
    const place = layOut(t)
    const port = await freePort()
    const env = {
      PATH: `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`, NODE_ENV: 'production', STATE_DIRECTORY: '/mnt', TMPDIR: '/mnt',
      PARAMEDIC_LISTEN: `0.0.0.0:${port}`, PARAMEDIC_TOKENS: 'operator:of-the-test',
    }
    const health = (): number | null => spawnSync(process.execPath, list('HEALTHCHECK').slice(1), { env, timeout: 30_000 }).status
    assert.equal(list('HEALTHCHECK')[0], 'node')
    assert.equal(health(), 1, 'nothing listens yet')
    const child = spawn('unshare', ['--mount', 'sh', '-c', jail, 'jail', place.root, place.app, ...list('ENTRYPOINT'), ...list('CMD')], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
    const exit = once(child, 'exit') as Promise<[number | null]>
    // Not killed: the init process would be gone, and the server would stay.
    t.after(() => (child.exitCode === null && child.kill('SIGTERM') ? exit : undefined))
    try {
      await eventually('it is healthy', async () => (child.exitCode === null ? health() === 0 : assert.fail('it ended')), 90_000)
    } catch (error) {
      assert.fail(`${String(error)}\n${said}`)
    }
    const ask = (path: string, token = 'of-the-test') => fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}` } })
    await eventually('it is ready', async () => (child.exitCode === null ? (await ask('/readyz')).ok : assert.fail(`it ended: ${said}`)), 60_000)
    const kill = await eventually('it is known how it kills', async () => {
      const found = (await (await ask('/healthz')).json()) as { kill: string }
      return found.kill !== 'starting' && found.kill
    })
    assert.equal(kill, 'subreaper', said)
    assert.equal((await ask('/v1/stops', 'wrong')).status, 401)
    assert.equal(((await (await ask('/v1/runbooks')).json()) as { items: unknown[] }).items.length, globSync('runbooks/*/[0-9]*.ts', { cwd: root, exclude: ['**/*.test.ts'] }).length, 'its own catalogue is in force')
    child.kill('SIGTERM')
    assert.deepEqual((await exit)[0], 0, said)
  })

  test('has no root, no secrets, and nothing of the checkout that it does not need', () => {
    assert.match(stages.at(-1)!, /^USER 65534:65534$/m)
    assert.ok(list('ENTRYPOINT').includes('--disable-proto=delete'))
    assert.doesNotMatch(dockerfile, /^(ADD|ARG|ENV .*(TOKEN|SECRET|PASSWORD))/m)
    const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1))
    assert.deepEqual(copies(dockerfile).filter((path) => !ignored.includes(path.replace(/^\.\//, ''))), [], 'what is copied reaches the engine')
  })
})

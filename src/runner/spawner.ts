/**
 * The spawner: a small process between the server and the jobs. Small, because starting a process costs in proportion
 * to who starts it; and by itself, because it is the watchdog: the newest word of the server carries a deadline, and
 * when that has passed all that runs is killed, whatever became of the server (protocol rule 3). It ends with its
 * server, and kills everything first. Signals do not end it.
 *
 *     waiting for 'begin' → working → over (deadline, server gone, closed) → ended
 */
import { boottimeMs } from './boottime.ts'
import { chooseWay } from './kill/choose.ts'
import { Pool } from './pool.ts'
import { below, childrenOf, processStat, signal } from './proc.ts'
import type { FromSpawner, Settings, ToSpawner } from './protocol.ts'
import { rehearsalIn } from './rehearsal.ts'

const unsentBound = 1_000_000

const keeper = process.ppid
/** The process above our keeper, where what it takes in is nobody's. */
let reaper: number | undefined
let pool: Pool | undefined
let secrets: readonly string[] = []
let deadline: number | undefined
let over = false
let unsent = 0

for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const) process.on(name, () => {})
process.on('disconnect', () => void finish('the server is gone'))
process.on('message', (word: ToSpawner) => {
  if (word.deadline !== undefined && word.deadline > (deadline ?? 0)) deadline = word.deadline
  hear(word)
})

function hear(word: ToSpawner): void {
  switch (word.kind) {
    case 'begin':
      return void begin(word.settings).catch((error: Error) => say({ kind: 'unfit', why: error.message }))
    case 'lease':
      return
    case 'secrets':
      secrets = word.secrets
      return
    case 'start': {
      const { order } = word
      const why = whyNotStart(order.notAfterBoottimeMs)
      if (why === undefined) return pool?.start(order)
      const printed = { tail: '', bytes: 0, file: undefined, cut: false }
      return say({ kind: 'ended', job: order.id, outcome: { kind: 'failed', failure: 'refused', error: why, detail: '', started: false, printed } })
    }
    case 'kill':
      // Before there is a pool nothing runs: whoever asks is told so, and not left to wait.
      return void (pool?.kill(word.workflows, word.why) ?? Promise.resolve([])).then((results) => say({ kind: 'killed', id: word.id, results }))
    case 'release':
      return pool?.release(word.workflow)
    case 'answer':
      return pool?.answer(word.job, word.call, word.answer)
    case 'close':
      return void finish('the server closes')
  }
}

function whyNotStart(notAfterBoottimeMs: number): string | undefined {
  const now = boottimeMs()
  if (over || pool === undefined) return 'the spawner is not at work'
  if (deadline === undefined) return 'no lease was ever given: send a tick first'
  if (now > deadline) return 'the lease is over'
  if (now > notAfterBoottimeMs) return 'the order came too late: its lease is not fresh any more'
  return undefined
}

async function begin(settings: Settings): Promise<void> {
  const { way, found } = await chooseWay({ want: settings.way, path: settings.path, group: settings.group, tools: settings.tools })
  // Where jobs have no reaper of their own, the one above adopts what they left in the background: no strays.
  if (way.name === 'subreaper' || way.name === 'namespace') reaper = settings.reaper
  pool = new Pool({
    settings, way, say,
    rehearsal: rehearsalIn(settings.folder),
    secrets: () => secrets,
    killStrays,
    onUp: () => say({ kind: 'ready', found }),
    onUnfit: (why) => say({ kind: 'unfit', why }),
  })
  pool.fill()
  const watched = pool
  setInterval(watchdog, 100)
  setInterval(() => {
    if (over) return
    watched.watchMemory()
    void killStrays()
  }, 250)
}

function watchdog(): void {
  if (deadline !== undefined && boottimeMs() > deadline) void finish('no tick of the server came in time: its lease is over')
  // Whoever stands above us would have killed what we leave. Without it nobody would.
  if (process.ppid !== keeper) void finish('its keeper is gone')
  pool?.expire()
}

/** Kills everything, says so if anyone listens, and ends. */
async function finish(why: string): Promise<void> {
  if (over) return
  over = true
  const results = (await pool?.close(why).catch(() => undefined)) ?? []
  if (process.connected) {
    const sent = new Promise((done) => process.send!({ kind: 'over', why, results } satisfies FromSpawner, done))
    await Promise.race([sent, new Promise((done) => setTimeout(done, 500))])
  }
  process.exit(0)
}

/**
 * Every child of the reaper above, but for our keeper, is an orphan whose own reaper ended: it belongs to nobody.
 * How many were found. Should the reaper be gone, whoever is above us now is left alone.
 */
async function killStrays(): Promise<number> {
  const killed = new Set<number>()
  for (let round = 0; reaper !== undefined && processStat(keeper)?.parent === reaper && round < 200; round++) {
    const strays = childrenOf(reaper).filter((pid) => pid !== keeper && processStat(pid)?.dead === false)
    if (strays.length === 0) break
    for (const stray of strays) for (const { pid } of [...below(stray), { pid: stray }]) if (signal(pid, 'SIGKILL')) killed.add(pid)
    await new Promise((done) => setTimeout(done, round < 20 ? 1 : 5))
  }
  return killed.size
}

/** What scripts print is let go when the server does not read; the file has it. Nothing else is. */
function say(word: FromSpawner): void {
  if (!process.connected) return
  const size = word.kind === 'printed' ? word.text.length : 0
  if (size > 0 && unsent + size > unsentBound) return
  unsent += size
  process.send!(word, () => (unsent -= size))
}

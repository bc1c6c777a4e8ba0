/** The demo: an alert that is healed, one that nobody knows, a runbook that hangs, the stop, and go. All of it real. */
import { findAlertmanager } from './alertmanager.ts'
import { going, healing, quietPerSecond, stopping, unknown, type Scene, type Stopped } from './chapters.ts'
import { createNarrator, type Moment, type Narrator } from './narrator.ts'
import { ask, until, type StopSeen } from './server.ts'
import { setStage, type Stage } from './stage.ts'

export interface DemoOptions {
  readonly write: (text: string) => void
  readonly colour?: boolean
  /** Left up after the last chapter, until the signal. */
  readonly keep?: boolean
  /** Uses the real Alertmanager. */
  readonly alertmanager?: boolean
  readonly signal?: AbortSignal
  readonly runbooks?: string
  readonly patienceMs?: number
}

export interface DemoResult {
  /** 0 if everything happened; 1 if not; 2 if it could not be set up as asked. */
  readonly exitCode: 0 | 1 | 2
  readonly moments: readonly Moment[]
}

export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const narrator = createNarrator({ write: options.write, colour: options.colour ?? false })
  const signal = options.signal ?? new AbortController().signal
  const binary = options.alertmanager ? findAlertmanager() : undefined
  if (options.alertmanager && binary === undefined) {
    narrator.plain('Alertmanager is not installed: install it (on Debian: apt install prometheus-alertmanager), or run the demo without --alertmanager.')
    return { exitCode: 2, moments: [] }
  }
  let stage: Stage | undefined
  try {
    stage = await setStage({ customersPerSecond: quietPerSecond, ...(binary === undefined ? {} : { alertmanager: binary }), ...(options.runbooks ? { runbooks: options.runbooks } : {}) })
    await play({ stage, narrator, asking: { url: stage.url, signal }, patienceMs: options.patienceMs ?? 45_000 })
    summarise(narrator, stage, options.keep === true)
    if (options.keep) await aborted(signal)
  } catch (error) {
    narrator.missed('The demo', error instanceof Error ? error.message : String(error))
  } finally {
    await stage?.close().catch((error: unknown) => narrator.missed('The end without a trace', String(error)))
  }
  if (!options.keep) narrator.say('Everything is ended, and its folder is removed.')
  return { exitCode: narrator.moments.every(({ happened }) => happened) ? 0 : 1, moments: narrator.moments }
}

async function play(scene: Scene): Promise<void> {
  const { narrator } = scene
  await opening(scene)
  let stopped: Stopped | undefined
  const chapters: readonly (readonly [title: string, play: () => Promise<void>])[] = [
    ['1. An alert, healed', () => healing(scene)],
    ['2. An alert that nobody knows', () => unknown(scene)],
    ['3. A runbook that hangs, and stop', async () => void (stopped = await stopping(scene))],
    ['4. Go', async () => {
      if (stopped === undefined) throw new Error('nothing was stopped')
      await going(scene, stopped)
    }],
  ]
  for (const [title, chapter] of chapters) {
    narrator.chapter(title)
    try {
      await chapter()
    } catch (error) {
      if (scene.asking.signal.aborted) throw new Error('ended by a signal', { cause: error })
      narrator.missed(title.slice(3), error instanceof Error ? error.message : String(error))
    }
  }
}

/** The shop opens, the server takes over, and the stop that every new log starts under is lifted. */
async function opening({ stage, narrator, asking, patienceMs }: Scene): Promise<void> {
  const within = { withinMs: patienceMs, signal: asking.signal }
  const sizes = await until('the shop opens', async () => {
    const all = await Promise.all(['web', 'api'].map((name) => stage.shop.read(name, { signal: asking.signal, deadlineMs: 5000 })))
    return all.every(({ ready, replicas }) => ready === replicas) && all
  }, within)
  narrator.moment('The shop is open', `web has ${sizes[0]!.ready} replicas and api ${sizes[1]!.ready}, each a process of this machine`)
  narrator.moment('Paramedic listens', stage.url)
  const { way } = stage.served.parts
  if (way()?.way === 'none') narrator.say('This machine has no kill without survivors, so here it is a best-effort one; `serve` would ask a person before each runbook.')
  const first = await until('the stop of the new log', async () => {
    const { items } = await ask<{ items: StopSeen[] }>(asking, 'GET', '/v1/stops')
    return items.find(({ inForce, why }) => inForce && why === 'new log')
  }, within)
  await ask(asking, 'POST', `/v1/stops/${first.id}/lift`, { why: 'the demo' })
  narrator.moment('The stop is lifted', 'a new log starts stopped, since it has forgotten its stops and limits; the demo lifts it')
}

function summarise(narrator: Narrator, stage: Stage, keep: boolean): void {
  const missed = narrator.moments.filter(({ happened }) => !happened)
  narrator.chapter('What happened')
  narrator.plain(missed.length === 0
    ? `One alert was healed by itself, one was brought to people, a runbook that hung was killed without survivors: ${narrator.moments.length} moments in ${Math.round(narrator.elapsedMs() / 1000)} s.`
    : `${missed.length} of ${narrator.moments.length} DID NOT HAPPEN: ${missed.map(({ what }) => what).join(', ')}. The server said last:\n${stage.said.slice(-10).join('\n')}`)
  narrator.chapter('Next')
  const commands = keep
    ? [['status', 'what runs, waits and was brought to people'], ['alerts', 'each alert and what became of it'], ['stop --why "trying it"', 'stops everything, and proves it']]
    : [['demo --keep', 'the same, left running: look around with status, alerts and stop'], ['init my-paramedic', 'a catalogue of your own'], ['serve', 'the server, for real']]
  for (const [command = '', about = ''] of commands) narrator.plain(`  ${`npx paramedic ${keep ? `--url ${stage.url} ` : ''}${command}`.padEnd(keep ? 66 : 36)}${about}`)
  if (keep) narrator.plain(`\nLeft up at ${stage.url} (the shop's folder is ${stage.folder}). Ctrl-C ends all of it.`)
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) return done()
    // The listener alone does not keep the process up.
    const timer = setInterval(() => {}, 60_000)
    signal.addEventListener('abort', () => {
      clearInterval(timer)
      done()
    }, { once: true })
  })

/**
 * `kill -9` of the server at the moments that matter, each hit for certain: the test watches from outside (the answer to
 * the sender, the stream of entries, the file that the script writes, what Slack is sent) and kills right then. Afterwards each accepted
 * alert has exactly one answer, and no `once` step has run twice.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { eventually, get, liftAll, linesOf, notification, post, workflowsOf } from './flow.ts'
import { folder, ownCatalogue, startServer, targetsIn, type Running } from './server.ts'
import { place } from './slack.ts'

const rounds = Number(process.env['ROUNDS'] ?? 10)

interface Scene {
  readonly server: Running
  readonly file: string
  readonly round: number
  /** Opens the gate at which the step waits that the moment names. */
  open(): void
  /** Sends the alert of this round, to its server unless another is named; undefined where that was gone before it answered. */
  send(what?: { to?: Running; status?: string }): Promise<string | undefined>
  /** Resolves when the server's own stream shows an entry of this kind. */
  seen(kind: string): Promise<void>
}

/** When to kill, and what must have become of the workflow in the end. */
interface Moment {
  readonly name: string
  readonly until: (scene: Scene) => Promise<string | undefined>
  /** Which step waits in its middle, until the gate is open: at the latest when the server is dead. */
  readonly held?: 'once' | 'last'
  readonly ends: readonly string[]
}

/** Until it is let go of, nothing becomes durable: whoever writes to the log's file waits for this lock. */
const lockLog = ({ server }: Scene): DatabaseSync => {
  const lock = new DatabaseSync(join(server.state, 'paramedic.db'), { timeout: 5000 })
  lock.exec('BEGIN IMMEDIATE')
  return lock
}

const inFile = (scene: Scene, text: string) => eventually(text, async () => linesOf(scene.file).includes(`s${scene.round % 24} ${text}`))

const moments: readonly Moment[] = [
  {
    name: 'before the disk has it', ends: ['verifying'],
    until: async (scene) => {
      const lock = lockLog(scene)
      const answer = scene.send()
      await eventually('it knows that it cannot write', async () => (await get(`${scene.server.url}/healthz`)).checks.log.ok === false)
      await scene.server.end('SIGKILL')
      lock.close()
      assert.equal(await answer, undefined, 'nothing is accepted that is not durable')
      return undefined
    },
  },
  {
    name: 'before the answer', ends: ['verifying'],
    until: async (scene) => {
      const answer = scene.send()
      await new Promise((resolve) => setTimeout(resolve, scene.round % 7))
      scene.server.process.kill('SIGKILL')
      return answer
    },
  },
  {
    name: 'right after the answer', ends: ['verifying'],
    until: (scene) => scene.send(),
  },
  {
    name: 'after a claim', ends: ['verifying', 'in doubt'],
    until: async (scene) => {
      const claimed = scene.seen('claimed')
      const episode = await scene.send()
      await claimed
      return episode
    },
  },
  {
    name: 'in a step that may run only once', ends: ['in doubt'], held: 'once',
    until: async (scene) => {
      const episode = await scene.send()
      await inFile(scene, 'once begins')
      return episode
    },
  },
  {
    name: 'between the end of a step and its record', ends: ['in doubt'], held: 'once',
    until: async (scene) => {
      const episode = await scene.send()
      await inFile(scene, 'once begins')
      const lock = lockLog(scene)
      scene.open()
      await inFile(scene, 'once ends')
      await scene.server.end('SIGKILL')
      lock.close()
      return episode
    },
  },
  {
    name: 'in a step that may be repeated', ends: ['verifying'], held: 'last',
    until: async (scene) => {
      const episode = await scene.send()
      await inFile(scene, 'last begins')
      return episode
    },
  },
]

for (const moment of moments) {
  test(`killed ${moment.name}, ${rounds} times: one answer each, once is once, and it goes on at the checkpoint`, { timeout: 60_000 * rounds }, async () => {
    const dir = folder()
    const options = { catalogue: ownCatalogue } as const
    const services = targetsIn(dir)
    const accepted = new Map<number, string>()
    const fileOf = (round: number): string => join(dir, `notes-${round}`)
    let server = await startServer(dir, services, '', options)
    await liftAll(server.url)
    try {
      for (let round = 0; round < rounds; round++) {
        const scene = sceneOf(server, moment, { round, file: fileOf(round) })
        const episode = await moment.until(scene)
        await server.end('SIGKILL')
        scene.open()
        server = await startServer(dir, services, '', options)
        // What was not answered is sent again, as Alertmanager does: known already or not, it is one episode.
        accepted.set(round, episode ?? await scene.send({ to: server }) ?? assert.fail('sent again, and not accepted'))
        await settles(server, scene, moment)
        await scene.send({ to: server, status: 'resolved' })
        await eventually('it has ended, and its target is free', async () => (await workflowsOf(server.url)).every(({ state }) => state === 'healed' || state === 'failed'))
      }
      const workflows = await workflowsOf(server.url)
      assert.equal(workflows.length, rounds, 'each alert has one workflow')
      for (const [round, id] of accepted) assert.equal(workflows.filter(({ episode }) => episode === id).length, 1, `the episode of round ${round}`)
    } finally {
      await server.end()
    }
  })
}

const sceneOf = (server: Running, { held }: Moment, { round, file }: Pick<Scene, 'round' | 'file'>): Scene => ({
  server, file, round,
  open: () => writeFileSync(`${file}-gate`, ''),
  send: ({ to = server, status = 'firing' } = {}) => {
    const labels = { alertname: 'Notes', service: `s${round % 24}`, file, round: String(round), ...(held ? { [`${held}Gate`]: `${file}-gate` } : {}) }
    return post(`${to.url}/webhooks/alertmanager`, notification([{ status, labels }])).then((answer) => (answer.status === 200 ? answer.body.alerts[0].episode : undefined), () => undefined)
  },
  seen: async (kind) => {
    const response = await fetch(`${server.url}/v1/events`)
    let text = ''
    for await (const chunk of response.body!) {
      text += Buffer.from(chunk).toString()
      if (text.includes(`"kind":"${kind}"`)) return
    }
  },
})

/** Waits for its end, and holds what the script wrote against it. */
const settles = async (server: Running, { round, file }: Scene, moment: Moment): Promise<void> => {
  const came = await eventually(`round ${round} settles`, async () =>
    (await workflowsOf(server.url)).find(({ labels, state }) => labels.round === String(round) && ['verifying', 'failed', 'stopped'].includes(state)))
  const end = came.state === 'failed' ? came.reason : came.state
  assert.ok(moment.ends.includes(end), `round ${round}: ${end}, ${came.detail}`)
  const lines = linesOf(file).map((line) => line.replace(/^s\d+ /, ''))
  const times = (text: string): number => lines.filter((line) => line === text).length
  assert.ok(times('once begins') <= 1, `once is once: ${lines}`)
  if (end === 'verifying') {
    assert.equal(times('once ends'), 1)
    assert.equal(times('last ends'), 1)
  }
  if (end === 'in doubt') assert.equal(times('last begins'), 0, 'nothing goes on after a doubt')
  // What was recorded as done is not done again.
  if (times('once begins') === 1 && end === 'verifying') assert.ok(lines.lastIndexOf('first') < lines.indexOf('once begins'), `${lines}`)
}

test(`killed while it tells Slack, ${rounds} times: all is told, and what was told is known to be`, { timeout: 60_000 * rounds }, async (t) => {
  const { slack, start } = await place(t)
  let server = await start()
  // No name is the beginning of another.
  const name = (n: number): string => `Novel${String(n).padStart(4, '0')}`
  const alert = (n: number, status = 'firing') => post(`${server.url}/webhooks/alertmanager`, notification([{ status, labels: { alertname: name(n) } }]))
  const cards = (n: number) => slack.posted.filter(({ text }) => text.includes(name(n)))
  for (let round = 0; round < rounds; round++) {
    // Slack has not got it yet, or has, and its answer is on the way.
    const how = round % 2 === 0 ? 'hang' : 'answer lost'
    const calls = slack.calls.length
    slack.fault({ how, times: 1, method: 'chat.postMessage' })
    await alert(round)
    await eventually('it is being sent', async () => slack.calls.slice(calls).some(({ error }) => error === how))
    await server.end('SIGKILL')
    slack.mend()
    const before = cards(round).length
    server = await start()
    await eventually('it is told by this one', async () => cards(round).length > before)
  }
  // The card that the log knows of is the one that changes.
  const last = [Math.max(0, rounds - 2), rounds - 1]
  for (const n of last) await alert(n, 'resolved')
  for (const n of last) await eventually('its end is told in place', async () => cards(n).some(({ versions }) => versions.length > 1))
  assert.ok(Array.from({ length: rounds }, (_, n) => cards(n).length).every((count) => count === 1 || count === 2))
})

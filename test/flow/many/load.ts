/** A steady load of alerts that nobody knows, whatever becomes of the servers meanwhile, and what became of those that were taken. */
import assert from 'node:assert/strict'
import { eventually, get, notification, post } from '../flow.ts'
import type { Running } from '../server.ts'

type Url = Pick<Running, 'url'>

export interface Load {
  /** The episodes of those that were answered 200. */
  readonly taken: ReadonlySet<string>
  /** Sends no more; says how it went once the last one is answered. */
  end(): Promise<{ taken: number; refused: number; perSecond: number }>
}

const everyMs = 20
/** More are not on the way at once: servers that hang are not asked for ever more. */
const onTheWay = 400

/** At a rate of its own, not when the last one was answered: `servers` in turn, as they are at that moment. */
export const startLoad = ({ servers, perSecond }: { servers: () => readonly Url[]; perSecond: number }): Load => {
  const taken = new Set<string>()
  const sending = new Set<Promise<void>>()
  const began = performance.now()
  let [sent, refused] = [0, 0]
  const send = async (n: number): Promise<void> => {
    const all = servers()
    const answer = await post(`${all[n % all.length]!.url}/webhooks/alertmanager`, notification([{ labels: { alertname: 'Novel', load: String(began), n: String(n) } }])).catch(() => undefined)
    if (answer?.status === 200) taken.add(answer.body.alerts[0].episode)
    else refused++ // or nobody was there: its sender sends it again
  }
  const timer = setInterval(() => {
    for (const due = (performance.now() - began) / 1000 * perSecond; sent < due && sending.size < onTheWay;) {
      const one = send(sent++).finally(() => sending.delete(one))
      sending.add(one)
    }
  }, everyMs)
  return {
    taken,
    end: async () => {
      clearInterval(timer)
      const seconds = (performance.now() - began) / 1000
      await Promise.all(sending)
      return { taken: taken.size, refused, perSecond: Math.round(sent / seconds) }
    },
  }
}

/** Each that was taken has one answer, and every server says the same. */
export const allAnswered = async (servers: readonly Url[], taken: ReadonlySet<string>, reason = 'no route'): Promise<void> => {
  for (const { url } of servers) {
    const answers = await eventually('each that was taken has an answer', async () => {
      const found = await answersOf(url)
      return [...taken].every((id) => found.get(id) !== undefined) && found
    })
    assert.deepEqual(new Set([...taken].map((id) => answers.get(id))), new Set([reason]))
  }
}

/** The reason of the answer to each episode; undefined where there is none yet. */
const answersOf = async (url: string): Promise<Map<string, string | undefined>> => {
  const answers = new Map<string, string | undefined>()
  for (let after = ''; ;) {
    const { items, next } = await get(`${url}/v1/episodes?limit=500${after && `&after=${after}`}`)
    for (const { id, answer } of items) answers.set(id, answer?.reason)
    if (next === null) return answers
    after = next
  }
}

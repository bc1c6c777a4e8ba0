/** Somebody in Slack: what is said and pressed there, from the signed request to what comes back. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { noArchive } from '../../src/follow/archive.ts'
import { createSlackDoor } from '../../src/notify/door.ts'
import { createHearing, type HearingOptions } from '../../src/notify/hearing.ts'
import type { SlackGrant } from '../../src/core/person.ts'
import type { Member } from '../servers/slack.ts'
import { button, readable } from '../servers/slack-shown.ts'
import { readMessage } from '../servers/slack-rules.ts'
import { Desk, eventually } from './desk.ts'

export const ann: Member = { user: 'U0ANN', team: 'T0HOME', name: 'ann' }
export const bob: Member = { user: 'U0BOB', team: 'T0HOME', name: 'bob' }
export const abroad: Member = { ...ann, team: 'T0OTHER' }

export interface Ear {
  readonly desk: Desk
  command(text: string, member?: Member): Promise<{ status: number; text: string; body: any }>
  press(label: RegExp, posted: Parameters<typeof button>[0] & { channel?: string; ts?: string }, member?: Member): Promise<{ status: number }>
  /** What is written into a window that was opened. */
  write(view: any, text: string, member?: Member): Promise<{ status: number; body?: any }>
  /** Another process, or the same after a restart: the same log, nothing else. */
  again(): Ear
  answers(): string[]
}

export const listen = (
  desk: Desk, t: TestContext, { allow = [{ team: 'T0HOME', user: 'U0ANN' }], ...more }: Partial<HearingOptions> & { allow?: readonly SlackGrant[] } = {}, ports: Partial<HearingOptions['ports']> = {},
): Ear => {
  const ended = new AbortController()
  t.after(() => ended.abort())
  const hearing = createHearing({
    allow, edge: desk.edge, apiUrl: desk.slack.apiUrl, signal: ended.signal, onProblem: (problem) => desk.problems.push(problem), ...more,
    ports: {
      state: desk.state, archive: noArchive, now: () => desk.now(), runners: () => [{ id: 'A', name: 'ops-1' }], forced: () => ['stop-forced'],
      append: async (facts) => {
        await new Promise((resolve) => setTimeout(resolve, 30))
        desk.append(facts)
      },
      pullStop: async (stop) => {
        const id = `01980000-0000-7000-8000-${String(desk.state.stops.size).padStart(12, '0')}`
        desk.says({ kind: 'stop pulled', stop: { ...stop, id } })
        setTimeout(() => desk.says({ kind: 'stop acknowledged', stop: id, runner: 'A', name: 'ops-1', killed: 2, survivors: 0, tookMs: 84 }), 30)
        return { id, durable: true }
      },
      liftStop: async (stop, who, why) => void desk.says({ kind: 'stop lifted', stop, who, why }),
      ...ports,
    },
  })
  const door = createSlackDoor({ hearing, signingSecret: () => desk.slack.signingSecret })
  const request = (fields: Record<string, string>) => {
    const body = new URLSearchParams(fields).toString()
    const headers = desk.slack.signed(body)
    return { rawBody: Buffer.from(body), timestamp: headers['x-slack-request-timestamp'], signature: headers['x-slack-signature'] }
  }
  return {
    desk,
    async command(text, member = ann) {
      const { status, body } = await door.command(request(desk.slack.commandFields(text, member))) as { status: number; body: any }
      if (body) assert.equal(readMessage(body.text, body.blocks).refused, undefined)
      return { status, body, text: body ? readable(body) : '' }
    },
    press: (label, posted, member = ann) =>
      door.interactivity(request({ payload: JSON.stringify(desk.slack.pressFields(button(posted, label), { channel: posted.channel ?? 'C0ALERTS', ts: posted.ts ?? '1.1' }, member)) })),
    write: (view, text, member = ann) => door.interactivity(request({ payload: JSON.stringify(desk.slack.submission(view, text, member)) })),
    again: () => listen(desk, t, { allow, ...more }, ports),
    answers: () => desk.slack.responses.map(({ body }) => readable(body)),
  }
}

export const ear = async (t: TestContext, options: Parameters<typeof listen>[2] = {}): Promise<Ear> => listen(await Desk.open(t), t, options)
export const answered = (one: Ear, count: number): Promise<void> => eventually(`${count} answers`, () => one.answers().length >= count)

/** A story whose notices are really sent: the notifier and its edge as they are, the fold at hand, a fake Slack. */
import type { TestContext } from 'node:test'
import type { Fact } from '../../src/core/entry.ts'
import { createSlackNotifier, type NotifierOptions } from '../../src/notify/notifier.ts'
import { slackEdge, type SlackOptions } from '../../src/notify/slack.ts'
import { Story } from '../core/story.ts'
import { FakeSlack } from '../servers/slack.ts'

export interface DeskOptions {
  readonly settings?: Partial<NotifierOptions['settings']>
  readonly edge?: Partial<SlackOptions>
  /** Slack's own pace is kept by the fake unless a test is about something else. */
  readonly paced?: boolean
}

export class Desk extends Story {
  readonly slack: FakeSlack
  readonly stderr: string[] = []
  readonly problems: unknown[] = []
  /** Steady time goes faster by this. */
  aheadMs = 0
  appendFails = false
  readonly edge: ReturnType<typeof slackEdge>
  #since = performance.now()

  private constructor(slack: FakeSlack, { settings, edge, paced = false }: DeskOptions) {
    super()
    this.slack = slack
    slack.paced = paced
    this.edge = slackEdge({
      botToken: () => slack.botToken, apiUrl: slack.apiUrl, now: () => this.steady(), random: () => 0.5, timeoutMs: 2000, paceMs: paced ? 1000 : 20, ...edge,
    })
    const notifier = createSlackNotifier({
      state: this.state, edge: this.edge, now: () => this.steady(), folded: async () => undefined, runners: () => [{ id: 'A', name: 'ops-1' }],
      seat: () => ({ me: 'N', live: ['N'], now: this.now() }), tell: (text) => this.stderr.push(text), onProblem: (problem) => this.problems.push(problem),
      append: async (facts) => this.append(facts),
      settings: { channel: '#alerts', gatherMs: 100, remindAfterMs: 900_000, announce: 'start', ...settings },
    })
    this.timer = setInterval(notifier, 20)
  }
  readonly timer: NodeJS.Timeout

  static async open(t: TestContext, options: DeskOptions = {}): Promise<Desk> {
    const desk = new Desk(await FakeSlack.open(), options)
    t.after(() => {
      clearInterval(desk.timer)
      return desk.slack.close()
    })
    return desk
  }

  steady(): number {
    return performance.now() + this.aheadMs
  }

  /** Log time, carried on. */
  now(): number {
    return this.at + (performance.now() - this.#since)
  }

  override says(fact: Fact, by = 'A'): this {
    this.at = Math.floor(this.now())
    this.#since = performance.now()
    return super.says(fact, by)
  }

  append(facts: readonly Fact[]): number {
    if (this.appendFails) throw new Error('the log cannot be written')
    for (const fact of facts) this.says(fact, 'N')
    return this.state.position
  }

  /** Alerts that nothing knows. */
  unknown(labels: readonly Record<string, string>[], channel?: string): this {
    for (const one of labels) this.alert(one)
    return this.says({ kind: 'unmatched', episodes: [...this.state.unanswered.keys()], reason: 'no route', tell: true, route: '', detail: 'no route matches it', ...(channel === undefined ? {} : { channel }) })
  }

  /** Until nothing is left to be told. */
  told(): Promise<void> {
    return eventually('everything is told', () => this.state.noticesDue.size === 0)
  }
}

export const eventually = async (what: string, check: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> => {
  const over = performance.now() + withinMs
  while (!(await check())) {
    if (performance.now() > over) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** For what must not happen: long enough that it would have. */
export const aWhile = (ms = 700): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

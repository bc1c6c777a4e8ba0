/** Asks the demo's server what anybody could ask it, over HTTP; and waits for what shall come true. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface WorkflowSeen {
  readonly id: string
  readonly state: string
  readonly reason?: string
  readonly detail: string
  readonly runbook: string
  readonly labels: Readonly<Record<string, string>>
  readonly plan?: { readonly changes: readonly { readonly target: string; readonly from: unknown; readonly to: unknown }[] }
  readonly verdicts: readonly { readonly policy: string; readonly verdict: string; readonly detail: string }[]
}

export interface StopSeen {
  readonly id: string
  readonly why: string
  readonly inForce: boolean
  readonly acknowledgements: readonly { readonly killed: number; readonly survivors: number; readonly tookMs: number }[]
  readonly missing: readonly unknown[]
  readonly held: readonly (string | { readonly workflow: string })[]
}

export interface Asking {
  readonly url: string
  readonly signal: AbortSignal
}

export async function ask<T>({ url, signal }: Asking, method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${url}${path}`, {
    method, signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]), ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`)
  return (await answer.json()) as T
}

export async function findWorkflow(asking: Asking, labels: Readonly<Record<string, string>>): Promise<WorkflowSeen | undefined> {
  const { items } = await ask<{ items: { id: string; labels?: Readonly<Record<string, string>> }[] }>(asking, 'GET', '/v1/workflows?limit=100')
  for (const { id } of items) {
    const workflow = await ask<WorkflowSeen>(asking, 'GET', `/v1/workflows/${id}`)
    if (Object.entries(labels).every(([name, value]) => workflow.labels[name] === value)) return workflow
  }
  return undefined
}

/** What did not come true in its time is said in words that the demo can show. */
export async function until<T>(what: string, check: () => Promise<T | undefined | false> | T | undefined | false, { withinMs, signal }: { withinMs: number; signal: AbortSignal }): Promise<T> {
  const over = performance.now() + withinMs
  for (;;) {
    const found = await check()
    if (found !== undefined && found !== false) return found
    if (performance.now() > over) throw new Error(`${what}: not within ${Math.round(withinMs / 1000)} s`)
    await sleep(50, undefined, { signal })
  }
}

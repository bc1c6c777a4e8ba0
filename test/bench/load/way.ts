/** A server with one runbook whose plan and step say when they began, by the clock that all processes of a machine share. */
import { rmSync } from 'node:fs'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folder, startColdServer, startOurs, webhookPath } from './processes.ts'

const runbook = `import { runbook, minutes } from 'paramedic'
export default runbook({
  target: 'service',
  plan: async ({ scale, target }) => {
    const at = String(process.hrtime.bigint())
    const { replicas } = await scale.read(target)
    return { changes: [{ target, from: replicas, to: replicas }], notes: { at } }
  },
  steps: [{ name: 'first line', effect: 'repeatable', timeout: minutes(1), run: async () => ({ at: String(process.hrtime.bigint()) }) }],
  healedWithin: minutes(10),
})
`
const routes = 'routes:\n  - matchers: [alertname="FirstLine"]\n    runbook: first-line@1\n    mode: auto\n    trust: granted\n'
const policy = 'runbook: first-line\npolicies:\n  - { type: targets, names: [web] }\n'

/** `log` as `--log` has it: the embedded one unless given. */
export const openWay = async (log?: string) => {
  const place = folder()
  const write = (path: string, text: string): void => {
    mkdirSync(join(place, path, '..'), { recursive: true })
    writeFileSync(join(place, path), text)
  }
  write('runbooks/first-line/1.ts', runbook)
  write('runbooks/routes.yaml', routes)
  write('policies/first-line.yaml', policy)
  write('services.yaml', 'services:\n  web: { command: [sleep, "1000"], min: 1, max: 3, replicas: 1 }\n')
  await lock(place)
  const server = await startOurs({
    'catalog.runbooks': join(place, 'runbooks'), 'catalog.policies': join(place, 'policies'), 'providers.local.services': join(place, 'services.yaml'),
    ...(log === undefined ? {} : { log }),
  })
  return {
    server,
    lines: () => lines(server.url),
    close: async () => {
      await server.close()
      rmSync(place, { recursive: true, force: true })
    },
  }
}

/** As `paramedic runbook lock` does. */
const lock = async (place: string): Promise<void> => {
  const { readScripts } = await import('../../../src/catalog/scripts.ts')
  const { scripts } = await readScripts(join(place, 'runbooks'))
  writeFileSync(join(place, 'runbooks/runbooks.lock'), scripts.map(({ id, digest }) => `${id} ${digest}\n`).join(''))
}

export const startCold = async () => {
  const place = folder()
  const server = await startColdServer(place)
  const url = `http://127.0.0.1:${server.port}/`
  return {
    line: async (): Promise<number> => {
      const began = process.hrtime.bigint()
      const { at } = (await (await fetch(url, { method: 'POST', body: alert('firing', began) })).json()) as { at: string }
      return Number(BigInt(at) - began) / 1e6
    },
    close: async () => {
      await server.close()
      rmSync(place, { recursive: true, force: true })
    },
  }
}

const today = new Date().toISOString().slice(0, 10)

/** The start is the firing's own, to the nanosecond: each is an episode of its own. */
const alert = (status: 'firing' | 'resolved', id: bigint): string => JSON.stringify({
  version: '4', receiver: 'paramedic', status, groupKey: '{}', groupLabels: {}, commonLabels: {}, commonAnnotations: {}, externalURL: 'http://am', truncatedAlerts: 0,
  alerts: [{
    status, labels: { alertname: 'FirstLine', service: 'web' }, annotations: {}, startsAt: `${today}T00:00:00.${String(id % 1_000_000_000n).padStart(9, '1')}Z`,
    endsAt: '0001-01-01T00:00:00Z', generatorURL: '', fingerprint: '',
  }],
})

interface Shown { id: string; state: string; reason?: string; detail?: string; plan?: { notes?: { at: string } }; steps: { output?: { at: string }; jobs?: { output?: { at: string } }[] }[] }

/** One alert, from its POST to the first line of its plan and of its step, and when that was; then it is resolved, and its workflow ends. */
const lines = async (url: string): Promise<{ plan: number; step: number; at: number }> => {
  const post = (status: 'firing' | 'resolved', id: bigint): Promise<string> => taken(url, alert(status, id))
  await new Promise((resolve) => setTimeout(resolve, 300)) // its children are warm again
  const began = process.hrtime.bigint()
  const episode = await post('firing', began)
  const ran = await workflowOf(url, episode, ({ state }) => state === 'verifying')
  await post('resolved', began)
  await workflowOf(url, episode, ({ state }) => state === 'healed')
  const since = (at: string | undefined): number => Number(BigInt(at ?? 0) - began) / 1e6
  const step = since(ran.steps[0]?.output?.at ?? ran.steps[0]?.jobs?.[0]?.output?.at)
  return { plan: since(ran.plan?.notes?.at), step, at: performance.now() - Number(process.hrtime.bigint() - began) / 1e6 + step }
}

const patienceMs = 60_000

/** Sent again until it is taken, as Alertmanager does; its episode. */
const taken = async (url: string, body: string): Promise<string> => {
  for (const over = performance.now() + patienceMs; ;) {
    const response = await fetch(url + webhookPath, { method: 'POST', body })
    if (response.ok) return ((await response.json()) as { alerts: { episode: string }[] }).alerts[0]!.episode
    if (performance.now() > over) throw new Error(`it is not taken: ${await response.text()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const failures = ['failed', 'refused', 'asking', 'stopped', 'obsolete', 'unproven', 'waiting']

const workflowOf = async (url: string, episode: string, is: (workflow: Shown) => boolean): Promise<Shown> => {
  const over = performance.now() + 20_000
  for (;;) {
    const list = (await (await fetch(`${url}/v1/workflows?limit=5`)).json()) as { items: (Shown & { episode?: string })[] }
    const found = list.items.find((one) => one.episode === episode || (one.episode as unknown as { id?: string } | undefined)?.id === episode)
    if (found && is(found)) return (await (await fetch(`${url}/v1/workflows/${found.id}`)).json()) as Shown
    if (found && failures.includes(found.state)) throw new Error(`the workflow is ${found.state}: ${JSON.stringify(found).slice(0, 600)}`)
    if (performance.now() > over) throw new Error(`no workflow got that far for ${episode}: ${JSON.stringify(list).slice(0, 600)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

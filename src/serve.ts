/** `paramedic serve`: from a configuration to a running server, until SIGTERM. */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readApart } from './catalog/apart.ts'
import { catalogueKeeper } from './catalogue-keeper.ts'
import type { Config } from './config.ts'
import { kafkaAccess } from './config/kafka.ts'
import { knownSecrets } from './config/known-secrets.ts'
import { scriptSecrets } from './config/script-secrets.ts'
import { initialState } from './core/state.ts'
import { createEdges } from './edge/edges.ts'
import { useProxy } from './edge/proxy.ts'
import { createEarlyStops, type EarlyStops } from './follow/early-stops.ts'
import { tellBy } from './follow/peers.ts'
import { stopFile } from './follow/stop-file.ts'
import type { Health, Ports, StartingPorts } from './http/ports.ts'
import { openCertificates, type Certificates } from './http/certificates.ts'
import { dialWith } from './http/dial.ts'
import { openDoors } from './http/doors.ts'
import { slackRoutes } from './http/slack.ts'
import { startParts, type Parts } from './main.ts'
import { createAlertmanagers } from './providers/alertmanager.ts'
import { createDrills } from './drills.ts'
import { openHands } from './providers/configured.ts'
import type { Hands } from './providers/hands.ts'
import { openSlack } from './notify/open-slack.ts'
import { escalationsWaiting } from './notify/view.ts'
import { createMetrics } from './observe/metrics.ts'
import { createTraces } from './observe/traces.ts'
import { realOutside, type Outside } from './outside.ts'
import { boottimeMs } from './runner/boottime.ts'
import about from '../package.json' with { type: 'json' }

export interface Served {
  readonly url: string
  readonly parts: Parts
  /** Resolves when it can do nothing any more but end, with why. */
  readonly failed: Promise<unknown>
  readonly close: (drainMs?: number) => Promise<void>
}

export interface ServeOptions {
  readonly say: (text: string) => void
  /** What would go to Slack goes here where Slack is not configured. */
  readonly tellPeople?: (text: string) => void
  /** The demo's: see `PartsOptions`. */
  readonly bestEffortKill?: boolean
  /** Called as soon as there is something to end: alerts are taken, and what answers them still comes up. */
  readonly onOpen?: (close: Served['close']) => void
}

/** What a person has to mend first; the message says how. */
class CannotStart extends Error {
  override readonly name = 'CannotStart'
}

export const serve = async (config: Config, { say, tellPeople = say, bestEffortKill = false, onOpen = () => {} }: ServeOptions): Promise<Served> => {
  const stateDirectory = config.state
  makeFolder(stateDirectory)
  useProxy()
  const closed = new AbortController()
  const onProblem = (problem: unknown): void => say(!(problem instanceof Error) ? String(problem) : problem.name === 'LogError' ? problem.message : (problem.stack ?? problem.message))
  const { name, roles, alertmanager } = config
  const started = Promise.withResolvers<Parts>()
  // What its scripts declare is told by a process of its own: meanwhile the log is opened here, and only then come the processes for jobs.
  const folders = { ...config.catalog, scratch: stateDirectory, known: async () => Object.fromEntries((await started.promise).state.ran) }
  const reading = readApart(folders)
  const read = reading.then(() => {}, () => {}) // whether or not it went well, which is said further down
  const metrics = createMetrics(about)
  let switches: Parts['state']['switches'] | undefined
  const edges = createEdges({ ...config.edges, forcedOff: config.force.off, switched: () => switches ?? new Map(), onDegraded: metrics.degraded, onTried: (edge, ok, tookMs) => metrics.edgeCalled(edge, ok ? 'ok' : 'failed', tookMs), onRefused: metrics.edgeRefused })
  const traces = config.traces.endpoint === undefined ? undefined : createTraces({ endpoint: config.traces.endpoint, name, version: about.version, edges, onSent: metrics.spans })
  const alertmanagers = alertmanager.length > 0 ? createAlertmanagers(alertmanager, edges) : undefined
  const hands = Promise.withResolvers<Hands>()
  const slack = openSlack({ settings: config.slack, people: config.people, notifies: roles.includes('notify'), tell: tellPeople, onProblem, edges })
  let ports: Ports | undefined
  const early = createEarlyStops(stopFile(join(stateDirectory, 'stops.early.jsonl')), realOutside.newId)
  let lastTold = ''
  const notify = (text: string): void => say((lastTold = text))
  const stopKey = randomBytes(24).toString('base64url')
  // The door is open before the log is read: liveness is answered, all else is told to come again.
  const certificates = certificatesOf(config, say)
  const door = await openDoors({
    listen: config.listen, ingress: config.ingress, ...given('certificates', certificates), names: config.advertise === undefined ? [] : [new URL(config.advertise).host], tokens: config.tokens,
    people: config.people.map(({ name: person }) => person), limits: config.door, intake: roles.includes('intake'), console: roles.includes('console'), ...grafanaOf(config), ports: () => ports, starting: startingPorts(early, () => lastTold), onProblem,
    onAnswered: metrics.answered, onRefused: metrics.refused,
    ...(slack.hasDoor ? { also: slackRoutes({ door: slack.door, onRefused: say }) } : {}),
    isPeer: (token) => timingSafeEqual(hash('sha256', token, 'buffer'), hash('sha256', stopKey, 'buffer')),
  }).catch((problem: NodeJS.ErrnoException) => {
    certificates?.close()
    throw cannotListen(config, problem)
  })
  say(`listening on ${door.url}, and reading the log${door.ingressUrl === undefined ? '' : `; alerts and Slack are also taken on ${door.ingressUrl}`}`)
  const parts = await startParts({
    name, logUrl: config.logUrl, stateDirectory, retentionMs: config.retentionMs, roles, runnerTargets: config.runner.targets, stepsAtOnce: config.runner.atOnce, warm: config.runner.warm,
    ...given('security', kafkaAccess(config)), address: config.advertise ?? door.url, stopKey, killAfterMs: config.killAfterMs, lostAfterMs: config.lostAfterMs,
    secrets: knownSecrets(config, process.env), secretsFor: scriptSecrets(config.secrets), watchEveryMs: config.watchEveryMs, hands: { call: async (...args) => (await hands.promise).call(...args) }, ...(alertmanagers ? { alertFires: alertmanagers.fires, alertSilence: alertmanagers.silence, activeAlerts: alertmanagers.active } : {}),
    rememberMs: 3 * config.repeatIntervalMs, staleAfterMs: config.staleAfterMs, forceStop: config.force.stop, forceDryRun: config.force.dryRun, bestEffortKill, tellUnmatched: config.unmatched === 'tell', onProblem, notify,
    onFolded: (...folded) => {
      metrics.folded(...folded)
      traces?.folded(...folded)
    },
    notifier: slack.notifier, onLanded: metrics.landed, jobsAfter: read,
  }, outsideOf(config)).catch(async (problem: unknown) => {
    await door.close(0)
    certificates?.close()
    throw problem
  })
  started.resolve(parts)
  switches = parts.state.switches
  // Only now that the port and the log are this process's: one that is started by mistake touches no service of another.
  hands.resolve(openHands({ providers: config.providers, stateDirectory, edges }).catch((problem: Error) => {
    throw new CannotStart(problem.message)
  }))
  hands.promise.catch(() => {}) // said below, where it is waited for
  const catalogue = catalogueKeeper(folders, parts, { say, signal: closed.signal })
  early.handOver(parts.obeyStop)
  const ready = () => {
    const why: string[] = []
    if (!parts.lease().fresh) why.push(`the last tick read back was sent ${Math.round(parts.lease().ageMs)} ms ago`)
    if (parts.writer.stats.failing) why.push(`the log cannot be written: ${parts.writer.stats.failing.error.message}`)
    if (!catalogue.health().read) why.push('the catalogue is being read')
    if (parts.state.unknownEntry !== undefined) why.push(`an entry that this version does not know: ${parts.state.unknownEntry}`)
    return { ready: why.length === 0, why }
  }
  const health = (): Health => {
    const { ready: is, why } = ready()
    const { problems } = catalogue.health()
    return {
      ready: is, kill: parts.way()?.way ?? (roles.includes('run') ? 'starting' : 'none'),
      checks: {
        log: { ok: !parts.writer.stats.failing, detail: parts.writer.stats.failing?.error.message ?? 'written' },
        ticks: { ok: parts.lease().fresh, detail: `the last one read back was sent ${Math.round(parts.lease().ageMs)} ms ago` },
        catalogue: { ok: problems.length === 0, detail: problems.join('; ') || 'good' },
        ...Object.fromEntries(edges.views().map(({ edge, degraded, lastError }) => [edge, { ok: !degraded, detail: lastError === undefined ? 'well' : `${lastError.error}, ${Math.round(lastError.agoMs / 1000)} s ago` }])),
        ...slack.health(), ...(certificates ? { certificate: certificates.health() } : {}),
        ...(parts.state.unknownEntry === undefined ? {} : { fold: { ok: false, detail: why.join('; ') } }),
      },
    }
  }
  ports = {
    append: parts.append, record: async (facts, within) => parts.folded(await parts.append(facts, within)), pullStop: async ({ id, ...stop }) => (id === undefined ? parts.pullStop(stop) : parts.obeyStop({ ...stop, id })),
    drill: createDrills({ parts, stateDirectory, edges: config.edges.settings }), reload: catalogue.reload, events: parts.entriesFrom, printedAt: parts.printedAt, archive: parts.archive, digest: parts.digest,
    read: () => ({
      state: parts.state, now: parts.now(), me: parts.me(), unrecorded: parts.latch.unrecorded(), forced: parts.forced(), edges: edges.views(), allowInProduction: config.edges.allowInProduction,
      heard: parts.proofs.of, peers: parts.peers().map(({ tick, seenAt }) => ({
        id: tick.by, name: tick.name, host: tick.host, roles: tick.roles, address: tick.address, catalogue: tick.catalogue, foldVersion: tick.foldVersion, targets: tick.targets ?? [],
        ageMs: Math.round(boottimeMs() - seenAt),
      })),
    }),
    health,
    metrics: async () => ({
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      text: metrics.text({
        state: parts.state, writer: parts.writer.stats, tickAgeMs: parts.lease().ageMs, lag: await within(lagMs, parts.lag()), ready: ready().ready,
        checks: Object.fromEntries(Object.entries(health().checks).map(([check, { ok }]) => [check, ok])), escalationsWaiting: escalationsWaiting(parts.state), door: door.load(), edges: edges.views(),
      }),
    }),
  }
  slack.hear({ state: parts.state, archive: parts.archive, now: parts.now, runners: parts.runners, heard: parts.proofs.of, pullStop: parts.pullStop, liftStop: parts.liftStop, append: async (facts) => parts.folded(await parts.append(facts)), forced: parts.forced })
  const { url } = door
  const hangUp = (): void => void catalogue.reload().catch(onProblem)
  process.on('SIGHUP', hangUp)
  let closing: Promise<void> | undefined
  const close = (drainMs = config.drainTimeoutMs): Promise<void> => (closing ??= end(drainMs))
  const end = async (drainMs: number): Promise<void> => {
    process.off('SIGHUP', hangUp)
    closed.abort()
    door.drain()
    await parts.close(drainMs)
    await slack.close()
    await door.close()
    certificates?.close()
    await hands.promise.then((opened) => opened.close(), () => {})
    alertmanagers?.close()
    await traces?.close(1000)
  }
  onOpen(close)
  try {
    // Alerts are taken by now, and kept: what answers them comes up beside that.
    await Promise.all([parts.up, hands.promise, catalogue.first(reading)])
  } catch (problem) {
    await close(0)
    throw problem
  }
  const way = parts.way()
  if (way) say(`killing by ${way.way}: ${way.why}`)
  say(`ready at ${url}`)
  return { url, parts, failed: parts.failed, close }
}

const given = <K extends string, T>(name: K, value: T | undefined): { [P in K]?: T } => (value === undefined ? {} : { [name]: value }) as { [P in K]?: T }

const makeFolder = (path: string): void => {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (problem) {
    throw new CannotStart(`The state folder ${path} cannot be made (${(problem as Error).message}). Name another with --state, or clear the way.`)
  }
}

const cannotListen = ({ listen, ingress }: Config, problem: NodeJS.ErrnoException & { readonly port?: number }): Error => {
  if (problem.syscall === undefined) return problem
  const [{ host, port }, flag] = ingress !== undefined && problem.port === ingress.port && ingress.port !== listen.port ? [ingress, 'ingress-listen'] : [listen, 'listen']
  const why = problem.code === 'EADDRINUSE' ? 'Another program listens there: end that one, or' : 'Give it that right, or'
  return new CannotStart(`It cannot listen on ${host}:${port} (${problem.message}). ${why} name another place with --${flag} HOST:PORT.`)
}

const certificatesOf = ({ tls }: Config, say: (text: string) => void): Certificates | undefined => {
  try {
    return tls && openCertificates(tls, say)
  } catch (problem) {
    throw new CannotStart(`The certificate ${tls!.cert} cannot be used (${(problem as Error).message}). Name it and its key with tls.cert and tls.key.`)
  }
}

/** How others are told of a stop: by our own certificate, and trusting whoever signs those of clients. */
const outsideOf = ({ tls }: Config): Outside =>
  (tls === undefined ? realOutside : { ...realOutside, tellPeer: tellBy(dialWith({ cert: tls.cert, key: tls.key, ...given('ca', tls.clientCa) })) })

/** A scrape does not wait longer for the log to say where its end is. */
const lagMs = 300

const within = <T>(ms: number, promise: Promise<T>): Promise<T | undefined> => {
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => late.resolve(undefined), ms)
  return Promise.race([promise.catch(() => undefined), late.promise]).finally(() => clearTimeout(timer))
}

/** Before the log was read: a stop is kept, and what is waited for is told. */
const startingPorts = (early: EarlyStops, lastTold: () => string): StartingPorts => ({
  pullStop: async (stop) => early.pull({ ...stop, id: stop.id ?? realOutside.newId() }),
  read: () => ({ state: initialState(), now: 0, me: '', heard: () => [], peers: [], edges: [], allowInProduction: false, unrecorded: early.all(), forced: [] }),
  health: () => ({ ready: false, kill: 'starting', checks: { log: { ok: false, detail: ['it is opened and read', lastTold()].filter(Boolean).join(': ') } } }),
})

const grafanaOf = ({ grafana: { secret, signatureHeader, timestampHeader } }: Config) =>
  secret === undefined ? {} : { grafana: { secret: () => secret.read(), signatureHeader, ...(timestampHeader === undefined ? {} : { timestampHeader }) } }

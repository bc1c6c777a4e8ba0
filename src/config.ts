/**
 * The configuration: defaults, then paramedic.yaml, then environment, then flags. Read once, into one frozen value;
 * whatever is wrong with it is told all at once.
 */
import { homedir, hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { sortProblems, type Problem } from './catalog/problem.ts'
import { crossCheck, doubts } from './config/crosscheck.ts'
import { gather, type Sources, type Written } from './config/gather.ts'
import { duration, hostPort, showLog } from './config/kinds.ts'
import { Secret } from './config/secret.ts'
import { fileKey, keys, roles, settingOf, type Key, type Values } from './config/settings.ts'
import type { Config } from './config/shape.ts'
import { readValues } from './config/values.ts'
import { formatDuration } from './core/duration.ts'
import { usualSettings, type EdgeSettings } from './edge/settings.ts'

export type { Config } from './config/shape.ts'
export { printSettingProblem } from './config/place.ts'

/** A setting as it is in force; a secret is masked. */
export interface Shown {
  readonly key: string
  readonly value: string
  readonly from: string
}

export type Loaded =
  | { readonly config: Config; readonly shown: readonly Shown[]; readonly problems: readonly []; readonly warnings: readonly string[] }
  | { readonly config?: undefined; readonly shown: readonly Shown[]; readonly problems: readonly Problem[]; readonly warnings: readonly string[] }

export async function loadConfig(sources: Sources): Promise<Loaded> {
  const gathered = await gather(sources)
  const read = readValues(gathered)
  const config = deepFreeze(assemble(read.values, read.secrets, sources, gathered.file))
  const problems = [...gathered.problems, ...read.problems]
  // A value that could not be read is not checked against others: it would only tell of what follows from it.
  if (problems.length === 0) problems.push(...crossCheck(config, gathered.written))
  const shown = keys.map((key) => showOne(key, config, read.values, read.secrets, gathered.written))
  const warnings = [...gathered.warnings, ...doubts(config)]
  return problems.length > 0 ? { shown, problems: sortProblems(problems), warnings } : { config, shown, problems: [], warnings }
}

function assemble(values: Values, secrets: ReadonlyMap<Key, Secret>, sources: Sources, file: string | undefined): Config {
  const state = values.state ?? resolve(sources.cwd, stateFolder(sources.env))
  const log = values.log ?? { kind: 'sqlite', path: join(state, 'paramedic.db') }
  const secretAs = <K extends string>(name: K, key: Key) => given(name, secrets.get(key))
  const sasl = {
    ...given('mechanism', values['kafka.sasl.mechanism']), ...given('username', values['kafka.sasl.username']), ...secretAs('password', 'kafka.sasl.password'),
  }
  const tls = { ...given('ca', values['kafka.tls.ca']), ...given('cert', values['kafka.tls.cert']), ...given('key', values['kafka.tls.key']) }
  return {
    ...given('file', file),
    listen: values.listen ?? { host: '127.0.0.1', port: 9095 },
    ...given('advertise', values.advertise), ...given('ingress', values['ingress.listen']), ...given('tls', tlsOf(values)),
    insecure: values.insecure ?? false,
    name: values.name ?? hostname(),
    state, log, logUrl: showLog(log),
    kafka: {
      ...given('tls', values['kafka.tls.enabled'] || Object.keys(tls).length > 0 ? tls : undefined),
      ...given('sasl', Object.keys(sasl).length > 0 ? sasl : undefined),
    },
    roles: values.roles ?? roles,
    runner: { targets: values['runner.targets'] ?? [], atOnce: values['runner.atOnce'] ?? 32, warm: values['runner.warm'] ?? 2 },
    catalog: { runbooks: values['catalog.runbooks'] ?? 'runbooks', policies: values['catalog.policies'] ?? 'policies' },
    tokens: values.tokens ?? [],
    door: { connections: values['door.connections'] ?? 2000, notifications: values['door.notifications'] ?? 1000, reads: values['door.reads'] ?? 200 },
    people: values.people ?? [],
    alertmanager: values.alertmanager ?? [],
    unmatched: values.unmatched ?? 'tell',
    grafana: {
      ...secretAs('secret', 'grafana.secret'), ...given('timestampHeader', values['grafana.timestampHeader']),
      signatureHeader: values['grafana.signatureHeader'] ?? 'X-Grafana-Alerting-Signature',
    },
    slack: {
      ...secretAs('botToken', 'slack.botToken'), ...secretAs('signingSecret', 'slack.signingSecret'), ...secretAs('appToken', 'slack.appToken'),
      ...given('channel', values['slack.channel']), ...given('fallbackChannel', values['slack.fallbackChannel']), ...given('apiUrl', values['slack.apiUrl']),
      announce: values['slack.announce'] ?? 'start', remindAfterMs: values['slack.remindAfter'] ?? 900_000, allow: values['slack.allow'] ?? [],
    },
    providers: { local: given('services', values['providers.local.services']), ...given('awsAsg', awsAsgOf(values)), ...given('kubernetes', kubernetesOf(values)), ...given('swarm', swarmOf(values)), ...given('host', values['providers.host.names']) },
    secrets: values.secrets ?? [],
    edges: { settings: edgeSettings(values), modes: values['edges.modes'] ?? {}, allowInProduction: values['edges.allowInProduction'] ?? false },
    traces: given('endpoint', values['traces.endpoint']),
    watchEveryMs: values.watchEvery ?? 60_000,
    killAfterMs: values.killAfter ?? (log.kind === 'kafka' ? 30_000 : 10_000),
    lostAfterMs: values.lostAfter ?? 45_000,
    drainTimeoutMs: values.drainTimeout ?? 25_000,
    repeatIntervalMs: values.repeatInterval ?? 4 * 3_600_000,
    staleAfterMs: values.staleAfter ?? 86_400_000,
    retentionMs: values.retention ?? 30 * 86_400_000,
    logLevel: values.logLevel ?? 'info',
    force: { stop: values['force.stop'] ?? false, dryRun: values['force.dryRun'] ?? false, off: values['force.off'] ?? [] },
  }
}

function tlsOf(values: Values): Config['tls'] {
  const { 'tls.cert': cert, 'tls.key': key, 'tls.clientCa': clientCa } = values
  return cert === undefined && key === undefined && clientCa === undefined ? undefined : { cert: cert ?? '', key: key ?? '', ...given('clientCa', clientCa) }
}

function awsAsgOf(values: Values): Config['providers']['awsAsg'] {
  const { 'providers.aws-asg.region': region, 'providers.aws-asg.tag': tag = '', 'providers.aws-asg.endpoint': endpoint } = values
  return region === undefined ? undefined : { region, tag, ...given('endpoint', endpoint), ...given('joins', values['providers.aws-asg.joins']) }
}

function kubernetesOf(values: Values): Config['providers']['kubernetes'] {
  if (values['providers.kubernetes.enabled'] !== true) return undefined
  return {
    ...given('kubeconfig', values['providers.kubernetes.kubeconfig']), ...given('context', values['providers.kubernetes.context']),
    selector: values['providers.kubernetes.selector'] ?? '', namespaces: values['providers.kubernetes.namespaces'] ?? [],
  }
}

function swarmOf(values: Values): Config['providers']['swarm'] {
  const { 'providers.swarm.hosts': hosts, 'providers.swarm.tls': tls, 'providers.swarm.mapping': mapping } = values
  return hosts === undefined ? undefined : { hosts, ...given('tls', tls), ...given('mapping', mapping) }
}

function edgeSettings(values: Values): EdgeSettings {
  const { breaker, retry, bulkhead } = usualSettings
  const openMs = values['edges.breaker.openFor'] ?? breaker.openMs
  return {
    ...usualSettings,
    breaker: {
      ...breaker, openMs, jitterMs: openMs / 2, mode: values['edges.breaker.mode'] ?? breaker.mode, failures: values['edges.breaker.failures'] ?? breaker.failures,
      rate: (values['edges.breaker.percent'] ?? 100 * breaker.rate) / 100, calls: values['edges.breaker.calls'] ?? breaker.calls,
    },
    retry: { ...retry, firstMs: values['edges.retry.first'] ?? retry.firstMs, mostMs: values['edges.retry.most'] ?? retry.mostMs, tries: values['edges.retry.tries'] ?? retry.tries },
    bulkhead: { ...bulkhead, atOnce: values['edges.atOnce'] ?? bulkhead.atOnce, perTarget: values['edges.perTarget'] ?? bulkhead.perTarget },
    perSecond: values['edges.perSecond'] ?? usualSettings.perSecond,
  }
}

const given = <K extends string, T>(name: K, value: T | undefined): { [P in K]?: T } =>
  (value === undefined ? {} : { [name]: value }) as { [P in K]?: T }

const stateFolder = (env: Sources['env']): string =>
  env['STATE_DIRECTORY']?.split(':')[0] || join(env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state'), 'paramedic')

/** What is derived from something else is shown as it came out. */
const derived: Partial<Record<Key, (config: Config) => string>> = {
  advertise: ({ listen, tls }) => `http${tls ? 's' : ''}://${hostPort.show!(listen)}`,
  name: ({ name }) => name,
  state: ({ state }) => state,
  log: ({ logUrl }) => logUrl,
  killAfter: ({ killAfterMs }) => formatDuration(killAfterMs),
}

function showOne(key: Key, config: Config, values: Values, secrets: ReadonlyMap<Key, Secret>, written: ReadonlyMap<string, Written>): Shown {
  const setting = settingOf(key)
  if (setting.secret) {
    const from = written.get(key)?.from ?? written.get(fileKey(key))?.from
    const source = written.has(fileKey(key)) ? ` in ${String(written.get(fileKey(key))!.given)}` : ''
    return { key, value: secrets.has(key) ? `${secrets.get(key)}${source}` : '', from: from ?? 'unset' }
  }
  const value = values[key]
  if (value === undefined) return { key, value: derived[key]?.(config) ?? '', from: derived[key] ? 'default' : 'unset' }
  const show = setting.kind === duration ? formatDuration(value as number) : (setting.kind.show?.(value) ?? String(value))
  return { key, value: show, from: written.get(key)?.from ?? 'default' }
}

/** Secrets read their files again, so they stay as they are. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Secret) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}

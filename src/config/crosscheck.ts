/** What no setting can know alone. */
import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import type { Problem } from '../catalog/problem.ts'
import { formatDuration } from '../core/duration.ts'
import { isSwitch, needsLeave } from '../edge/switches.ts'
import type { Written } from './gather.ts'
import type { Key } from './settings.ts'
import type { Config } from './shape.ts'

const leastApartMs = 10_000

type Say = (key: Key, message: string, at?: readonly PropertyKey[]) => void

export function crossCheck(config: Config, written: ReadonlyMap<string, Written>): Problem[] {
  const problems: Problem[] = []
  const say: Say = (key, message, at = []) => {
    const place = written.get(key)?.place(at) ?? { path: key, line: 0 }
    problems.push({ ...place, message: `${key} ${message}` })
  }
  checkDoor(config, say)
  checkTls(config, say)
  checkPeople(config, say)
  checkTimes(config, say)
  checkKafka(config, say)
  checkSlack(config, say)
  checkSwitches(config, say)
  const { services } = config.providers.local
  const { awsAsg, kubernetes, swarm } = config.providers
  for (const key of ['tls', 'mapping'] as const) if (swarm?.[key] !== undefined && !existsSync(swarm[key])) say(`providers.swarm.${key}`, `names ${swarm[key]}, which is not there`)
  const bad = (swarm?.hosts ?? []).findIndex((host) => !/^(unix:\/\/\/[^?#]+|tcp:\/\/[^/?#@]+)$/.test(host))
  if (bad >= 0) say('providers.swarm.hosts', `[${bad}] must be unix:///PATH or tcp://HOST:PORT, not ${swarm!.hosts[bad]}`, [bad])
  if (swarm?.tls === undefined && swarm?.hosts.some((host) => host.startsWith('tcp:') && !/^tcp:\/\/(127\.|localhost)/.test(host))) {
    say('providers.swarm.tls', 'is missing: who reaches an engine without TLS owns its machine, so only loopback is dialled so')
  }
  if (kubernetes?.kubeconfig !== undefined && !existsSync(kubernetes.kubeconfig)) say('providers.kubernetes.kubeconfig', `names ${kubernetes.kubeconfig}, which is not there`)
  const strange = (kubernetes?.namespaces ?? []).findIndex((namespace) => !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace))
  if (strange >= 0) say('providers.kubernetes.namespaces', `[${strange}] must be the name of a namespace`, [strange])
  if (awsAsg?.joins === 'kubernetes' && kubernetes === undefined) say('providers.aws-asg.joins', 'needs providers.kubernetes.enabled')
  if (awsAsg !== undefined && !/^[^=]{1,128}=[^=]{1,256}$/.test(awsAsg.tag)) say('providers.aws-asg.tag', `must be KEY=VALUE, not ${awsAsg.tag}`)
  if (services !== undefined && !existsSync(services)) say('providers.local.services', `names ${services}, which is not there`)
  config.secrets.forEach(({ file }, index) => {
    if (!existsSync(file)) say('secrets', `[${index}].file names ${file}, which is not there`, [index, 'file'])
  })
  config.alertmanager.forEach(({ ca, auth }, index) => {
    const files: [string, string | undefined][] = [['ca', ca], ['auth', auth === undefined ? undefined : 'tokenFile' in auth ? auth.tokenFile : auth.passwordFile]]
    for (const [field, file] of files) if (file !== undefined && !existsSync(file)) say('alertmanager', `[${index}].${field} names ${file}, which is not there`, [index, field])
  })
  return problems
}

function checkSwitches({ edges: { modes, allowInProduction }, force: { off } }: Config, say: Say): void {
  for (const [edge, mode] of Object.entries(modes)) {
    if (!isSwitch(edge)) say('edges.modes', `.${edge} names no edge: such as slack, or kubernetes/change`, [edge])
    if (needsLeave(mode) && !allowInProduction) say('edges.modes', `.${edge} is ${mode}, which makes answers up or passes what protects the outside: it needs edges.allowInProduction`, [edge])
  }
  for (const [index, edge] of off.entries()) if (!isSwitch(edge)) say('force.off', `[${index}] names no edge: such as slack, or kubernetes/change`, [index])
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.')) || /^::ffff:127\./.test(host)

/** Every address of this host, under none of which others would reach it. */
const isAny = (host: string): boolean => host === '0.0.0.0' || /^[0:]+$/.test(host)

function checkTls({ tls }: Config, say: Say): void {
  for (const [name, path] of Object.entries(tls ?? {})) {
    const key = `tls.${name}` as Key
    if (path === '') say(key, 'is missing: tls.cert and tls.key belong together')
    else if (!existsSync(path)) say(key, `names ${path}, which is not there`)
  }
}

function checkDoor({ listen, ingress, advertise, log, tokens, insecure }: Config, say: Say): void {
  if (log.kind === 'kafka' && isAny(listen.host) && advertise === undefined) {
    say('advertise', `is missing: listen is ${listen.host}, which no other process can dial, so stops would not come here straight; ` +
      `set it to how others reach this one, such as http://HOST:${listen.port}`)
  }
  if (!isLoopback(listen.host) && tokens.length === 0 && !insecure) {
    say('listen', `is ${listen.host}, which others reach, and there are no tokens: add some (\`paramedic token new\`), or say --insecure`)
  }
  if (ingress !== undefined && !isLoopback(ingress.host) && tokens.length === 0 && !insecure) {
    say('ingress.listen', `is ${ingress.host}, which others reach, and there are no tokens: add some (\`paramedic token new\`), or say --insecure`)
  }
  const seen = new Map<string, number>()
  for (const [index, { sha256 }] of tokens.entries()) {
    if (seen.has(sha256)) say('tokens', `[${index}] is the same token as [${seen.get(sha256)}]: a token is one person or one machine`, [index])
    seen.set(sha256, index)
  }
}

/** Two accounts of one person could be two of four eyes. */
function checkPeople({ people }: Config, say: Say): void {
  const seen = new Map<string, number>()
  for (const [index, { team, user }] of people.entries()) {
    const account = `${team}/${user}`
    if (user !== undefined && seen.has(account)) say('people', `[${index}] has the same account as [${seen.get(account)}]: an account is one person`, [index])
    seen.set(account, index)
  }
}

function checkTimes({ killAfterMs, lostAfterMs, retentionMs }: Config, say: Say): void {
  if (lostAfterMs < killAfterMs + leastApartMs) {
    say('lostAfter', `is ${formatDuration(lostAfterMs)}, and must be at least killAfter + 10s = ${formatDuration(killAfterMs + leastApartMs)}: ` +
      'what a silent process runs must be dead before others go on with it')
  }
  // Ticks come four times a second, and a lease is fresh for 1.5 s.
  if (killAfterMs < 3000) say('killAfter', `is ${formatDuration(killAfterMs)}: below 3s an ordinary pause would kill what runs`)
  if (retentionMs < 86_400_000) say('retention', `is ${formatDuration(retentionMs)}: at least 1d, or what counts past starts and resent alerts would be forgotten`)
}

function checkKafka({ log, kafka }: Config, say: Say): void {
  const { sasl, tls } = kafka
  // Another log for once, by a flag, should not need another file.
  if (log.kind !== 'kafka') return
  if (sasl !== undefined && (sasl.mechanism === undefined || sasl.username === undefined || sasl.password === undefined)) {
    say('kafka.sasl.mechanism', 'needs kafka.sasl.username and kafka.sasl.password (from the environment or a file) beside it')
  }
  if (tls !== undefined && (tls.cert === undefined) !== (tls.key === undefined)) say('kafka.tls.cert', 'and kafka.tls.key belong together: set both or none')
  for (const field of ['ca', 'cert', 'key'] as const) {
    const file = tls?.[field]
    if (file !== undefined && !existsSync(file)) say(`kafka.tls.${field}`, `names ${file}, which is not there`)
  }
}

function checkSlack({ slack }: Config, say: Say): void {
  if (slack.botToken !== undefined && slack.channel === undefined) say('slack.channel', 'is missing: with a bot token, name the channel where people are told')
}

const hostOf = (broker: string): string => broker.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')

/** What works, but hardly as it was meant. */
export const doubts = ({ slack, insecure, tokens, log, listen, ingress, tls, advertise }: Config): string[] => [
  ...(log.kind === 'kafka' && isLoopback(listen.host) && advertise === undefined && log.brokers.some((broker) => !isLoopback(hostOf(broker)))
    ? [`listen is ${listen.host}, where only this machine can dial: stops from other machines come by way of Kafka alone, until listen or advertise names an address that they reach`] : []),
  ...(slack.botToken === undefined && slack.channel !== undefined
    ? ['slack.channel is set, but no bot token: nobody is told in Slack until PARAMEDIC_SLACK_BOT_TOKEN or slack.botTokenFile is set'] : []),
  ...(tls?.clientCa !== undefined && slack.signingSecret !== undefined && slack.appToken === undefined && ingress === undefined
    ? ['tls.clientCa is set, and Slack shows no certificate: nobody stops from Slack before ingress.listen gives it an address of its own, or slack.appToken a way that we dial'] : []),
  ...(insecure && tokens.length === 0 ? ['insecure: whoever reaches the port may do everything'] : []),
]

/**
 * Every setting there is, once: its form, its default, what it is for. Environment names, flags, `paramedic config` and
 * docs/configuration.md are made of this table.
 */
import { createHash } from 'node:crypto'
import { duration, flag, hostPort, list, logAddress, mapOf, matcherList, oneOf, origin, path, someOf, text, whole, type Kind, type LogAddress } from './kinds.ts'
import { edgeModes } from '../edge/settings.ts'
import { alertmanagerList, peopleList, rebaseAlertmanager, secretList, slackGrants, tokenList, type Alertmanager } from './lists.ts'
import type { ScriptSecret } from './script-secrets.ts'

export interface Setting<T = unknown> {
  readonly kind: Kind<T>
  /** As somebody would write it. None: unset, or what `about` says. */
  readonly default?: string
  readonly about: string
  /** Read from the environment or from the file that `…File` names; never from a flag or the configuration file. */
  readonly secret?: true
  /** Paths are relative to the configuration file where they stand in one. */
  rebase?(value: T, resolve: (path: string) => string): T
}

const of = <T>(kind: Kind<T>, about: string, standard?: string): Setting<T> => ({ kind, about, ...(standard === undefined ? {} : { default: standard }) })
const file = (about: string, standard?: string): Setting<string> => ({ ...of(path, about, standard), rebase: (value, resolve) => resolve(value) })
const secret = (about: string): Setting<string> => ({ ...of(text, about), secret: true })

export const roles = ['intake', 'decide', 'run', 'notify', 'console'] as const
export type Role = (typeof roles)[number]

const hash = (value: string): string => createHash('sha256').update(value).digest('hex')

const settings = {
  'listen': of(hostPort, 'Where HTTP is served. Anything but loopback needs `tokens`, or `insecure`.', '127.0.0.1:9095'),
  'advertise': of(origin, 'What other processes and people dial. From `listen`, unless it is set; on Kafka a `listen` on every address needs it.'),
  'ingress.listen': of(hostPort, 'A second address that serves /webhooks and /slack, and nothing else: what may be reached from further away. None, unless it is set.'),
  'tls.cert': file('The certificate of this server, PEM: HTTP is https then, on both addresses. Files are read again when they change.'),
  'tls.key': file('The key of that certificate.'),
  'tls.clientCa': file('Whose clients are let in at `listen`: everything but /livez, /readyz and /openapi.json asks for a certificate signed by these. Other processes show theirs, and are trusted by it.'),
  'insecure': of(flag, 'Serves beyond loopback without tokens: everybody who reaches the port may do everything.', 'false'),
  'name': of(text, 'How this process is called in proofs and messages. The name of its host, unless it is set.'),
  'state': file('The folder for what this process keeps. `$STATE_DIRECTORY`, else `$XDG_STATE_HOME/paramedic`, else `~/.local/state/paramedic`.'),
  'log': {
    ...of(logAddress, 'The log. `sqlite:STATE/paramedic.db`, unless it is set. A new log starts under a stop that a person lifts.'),
    rebase: (log, resolve) => (log.kind === 'sqlite' ? { kind: 'sqlite', path: resolve(log.path) } : log),
  } satisfies Setting<LogAddress>,
  'kafka.tls.enabled': of(flag, 'Speaks TLS to Kafka.', 'false'),
  'kafka.tls.ca': file("Certificates that Kafka's is checked against. The system's, unless it is set."),
  'kafka.tls.cert': file('Our certificate for Kafka.'),
  'kafka.tls.key': file('The key of our certificate for Kafka.'),
  'kafka.sasl.mechanism': of(oneOf('plain', 'scram-sha-256', 'scram-sha-512'), 'How we log in to Kafka.'),
  'kafka.sasl.username': of(text, 'As whom we log in to Kafka.'),
  'kafka.sasl.password': secret('The password for Kafka.'),
  'roles': of(someOf(...roles), 'What this process does. Every process serves stops, health and metrics.', roles.join(',')),
  'runner.targets': of(matcherList, "Which targets this process runs steps on, by matchers on `target`, `provider`, `runbook` and the alert's labels: all must hold of each target. Everything, unless it is set."),
  'runner.atOnce': of(whole(1, 1000), 'How many steps this process runs at once. Each has a process of its own, of 50 MB and what its script needs.', '32'),
  'runner.warm': of(whole(1, 32), 'How many processes for steps are kept ready, so that a step begins within milliseconds.', '2'),
  'catalog.runbooks': file('The folder of runbooks, routes.yaml and runbooks.lock.', 'runbooks'),
  'catalog.policies': file('The folder of policies.', 'policies'),
  'tokens': of(tokenList(hash), 'Who may do what. In the environment ROLE:TOKEN,… for one-liners. `paramedic token new` makes them.'),
  'door.connections': of(whole(10, 100_000), 'How many connections are open at once; the oldest one without a request makes room for a new one.', '2000'),
  'door.notifications': of(whole(1, 100_000), 'How many notifications are worked on at once. A token, and those of its `team`, may have half of what the others leave, of this, of requests and of the bytes of bodies: one that floods starves nobody.', '1000'),
  'door.reads': of(whole(1, 100_000), 'How many other requests are answered at once. Stops, health and metrics are never counted.', '200'),
  'people': of(peopleList, 'Which tokens are persons, by name, and whose account in Slack is whose: who approves is counted by person. Set: a token that is not named here is a machine, and never approves. In the environment NAME=TEAM/USER,….'),
  'alertmanager': {
    ...of(alertmanagerList, 'Whom to ask whether an alert is gone, or silenced: an item for each HA pair. In the environment the URLs of one pair.'),
    rebase: (list, resolve) => list.map((one) => rebaseAlertmanager(one, resolve)),
  } satisfies Setting<readonly Alertmanager[]>,
  'repeatInterval': of(duration, 'The longest `repeat_interval` of the routes of Alertmanager that lead here. What was answered is remembered three times as long, at least a day.', '4h'),
  'unmatched': of(oneOf('tell', 'record'), 'What happens to an alert without a route: people are told, or it is only recorded. Routes may say otherwise.', 'tell'),
  'grafana.secret': secret("The HMAC secret of Grafana's contact point. Set: notifications without a valid signature are refused."),
  'grafana.signatureHeader': of(text, 'The header of the signature.', 'X-Grafana-Alerting-Signature'),
  'grafana.timestampHeader': of(text, 'The header of the timestamp, as in the contact point. Set: it is signed too, and one older or newer than 5m is refused.'),
  'slack.botToken': secret('The token of the Slack app (xoxb-…). Without it escalations stay on the log and stderr.'),
  'slack.signingSecret': secret('Proves that a slash command or a button comes from Slack.'),
  'slack.appToken': secret('For Socket Mode (xapp-…), where Slack cannot reach this server.'),
  'slack.channel': of(text, 'Where people are told, by id (C…) or #name.'),
  'slack.fallbackChannel': of(text, 'Where they are told when that channel cannot be reached.'),
  'slack.apiUrl': of(origin, "Another address of Slack's API, for proxies and tests."),
  'slack.announce': of(oneOf('start', 'problems'), 'Whether a message says that a workflow changes something, or only what went wrong.', 'start'),
  'slack.remindAfter': of(duration, 'An escalation that nobody took is told again after this.', '15m'),
  'slack.allow': of(slackGrants, 'Who may do more than stop, from Slack. In the environment TEAM/USER,….'),
  'providers.local.services': file('The file that declares the services of this machine. None: the provider `local` has no targets.'),
  'providers.host.names': of(list, 'What alerts call this machine in their label `instance`, its own name first: runbooks of the provider `host` run here for no other.'),
  'providers.kubernetes.enabled': of(flag, 'Whether there is a provider `kubernetes`. In a pod it acts as the account of that pod.', 'false'),
  'providers.kubernetes.kubeconfig': file('Another way to a cluster, for a server outside of it. What kubectl takes, unless it is set or this runs in a pod.'),
  'providers.kubernetes.context': of(text, 'Which context of the kubeconfig. The current one, unless it is set.'),
  'providers.kubernetes.selector': of(text, 'Which Deployments and StatefulSets are targets: a label selector.', 'paramedic=true'),
  'providers.kubernetes.namespaces': of(list, 'Where they are looked for. In all namespaces, unless it is set.'),
  'providers.swarm.hosts': of(list, 'Managers of a Swarm: unix:///var/run/docker.sock, or tcp://MANAGER:2376 with `providers.swarm.tls`. Unset: there is no provider `swarm`.'),
  'providers.swarm.tls': file('A folder with ca.pem, cert.pem and key.pem for tcp://.'),
  'providers.swarm.mapping': file('Which labels of services say that they are targets, and their bounds. Unset: paramedic=true, paramedic.min, paramedic.max.'),
  'providers.aws-asg.region': of(text, 'The region of the Auto Scaling groups. Unset: there is no provider `aws-asg`. Credentials come as everywhere with AWS: role, environment, files.'),
  'providers.aws-asg.tag': of(text, 'Which groups are targets: KEY=VALUE.', 'paramedic=true'),
  'providers.aws-asg.joins': of(oneOf('kubernetes'), 'Of which provider the instances become nodes: one that is in service counts as ready only once it is a ready node there.'),
  'providers.aws-asg.endpoint': of(origin, "Another address of the API, for private endpoints and tests."),
  'edges.breaker.mode': of(oneOf('consecutive', 'rate'), 'What opens a breaker: failures in a row, or their share. It is one for each edge and target.', 'consecutive'),
  'edges.breaker.failures': of(whole(1, 1000), 'How many failures in a row open it.', '6'),
  'edges.breaker.percent': of(whole(1, 100), 'By share: how many of a hundred calls of the last 30s.', '50'),
  'edges.breaker.calls': of(whole(1, 1000), 'By share: of at least this many calls.', '20'),
  'edges.breaker.openFor': of(duration, 'How long it stays open, and up to half of that longer by chance. Then one call tries.', '10s'),
  'edges.retry.first': of(duration, 'The pause before the first retry, half longer or shorter by chance; each is half longer than the one before.', '500ms'),
  'edges.retry.most': of(duration, 'The longest pause, before that chance.', '1m'),
  'edges.retry.tries': of(whole(1, 20), 'How often a call that may be repeated is tried within its deadline.', '5'),
  'edges.atOnce': of(whole(1, 1000), 'How many calls of an edge are under way at once, and how many connections it keeps at most.', '20'),
  'edges.perTarget': of(whole(1, 1000), 'How many of them are about one target.', '4'),
  'edges.perSecond': of(whole(1, 10_000), 'How many calls an edge makes a second; those that come sooner wait.', '1000'),
  'traces.endpoint': of(origin, 'Where traces of workflows go: a collector of OpenTelemetry that takes OTLP by HTTP, such as http://127.0.0.1:4318. None are sent, unless it is set.'),
  'secrets': {
    ...of(secretList, 'What runbooks may ask for: a name, the file that holds it, and which runbooks may have it. Only the process of their step is handed it.'),
    rebase: (list, resolve) => list.map((one) => ({ ...one, file: resolve(one.file) })),
  } satisfies Setting<readonly ScriptSecret[]>,
  'edges.modes': of(mapOf(...edgeModes), 'Edges that are not simply on, or one kind of their calls (`kubernetes/change`): `off` refuses every call, `mock` makes up answers where one can do without, `direct` passes breaker, limits and retries.'),
  'edges.allowInProduction': of(flag, 'Lets edges be switched to `mock` and `direct`, here or by `paramedic switch`.', 'false'),
  'watchEvery': of(duration, 'How often what workflows changed is read again, for a day, to see whether somebody else has changed it since.', '1m'),
  'killAfter': of(duration, 'A process that was out of touch with the log this long kills what it runs. 10s embedded, 30s on Kafka, unless it is set.'),
  'lostAfter': of(duration, 'A process that was silent this long is lost, and its work is offered again. At least `killAfter` + 10s.', '45s'),
  'drainTimeout': of(duration, 'How long SIGTERM waits for the running step.', '25s'),
  'staleAfter': of(duration, 'What a stop held for longer than this does not run any more when that is lifted: it ends expired.', '1d'),
  'retention': of(duration, 'How long the log is kept.', '30d'),
  'logLevel': of(oneOf('debug', 'info', 'warn', 'error', 'silent'), "How much this process says on stderr. Entries of the log are not meant.", 'info'),
  'force.stop': of(flag, 'Everything is stopped, and nothing from outside can lift it.', 'false'),
  'force.off': of(list, 'Edges that are off, or one kind of their calls (`kubernetes/change`), whatever anybody switches.'),
  'force.dryRun': of(flag, 'Nothing is run: every workflow is planned and judged only.', 'false'),
} as const satisfies Readonly<Record<string, Setting>>

export type Key = keyof typeof settings
export type Value<K extends Key> = (typeof settings)[K] extends Setting<infer T> ? T : never
export type Values = { readonly [K in Key]?: Value<K> }

export const keys = Object.keys(settings) as readonly Key[]

const words = (key: string): string[] => key.split('.').flatMap((part) => part.split(/-|(?=[A-Z])/)).map((word) => word.toLowerCase())

/** `slack.botToken` → `PARAMEDIC_SLACK_BOT_TOKEN` */
export const environmentName = (key: string): string => `PARAMEDIC_${words(key).join('_').toUpperCase()}`
/** `slack.botToken` → `slack-bot-token` */
export const flagName = (key: string): string => words(key).join('-')
/** The key that names a secret's file: `slack.botTokenFile`. */
export const fileKey = (key: string): string => `${key}File`

export const settingOf = (key: Key): Setting => settings[key]
/** Every name that may be written: the settings, and a `…File` for each secret instead of the secret itself. */
export const writableKeys: readonly string[] = keys.map((key) => (settingOf(key).secret ? fileKey(key) : key))

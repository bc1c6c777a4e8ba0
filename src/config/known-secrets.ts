/**
 * Everything secret that the configuration leads to: it is masked in what steps print, fail with and return. A file is
 * read again when it changes; what was in it before stays masked, since it may still open something.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { Secret } from './secret.ts'

/** Reads what is secret in a file's text. */
type Extract = (text: string) => readonly string[]

const most = 200

/** Gives the same list for as long as nothing changes. */
export function knownSecrets(config: Config, env: Readonly<Record<string, string | undefined>>): () => readonly string[] {
  const sources = [...written(config), ...filesOf(config, env).map(fileSource), () => environment.flatMap((name) => env[name] ?? [])]
  const seen = new Set<string>()
  let all: readonly string[] = []
  return () => {
    const before = seen.size
    for (const source of sources) for (const text of source()) seen.add(text)
    return seen.size === before ? all : (all = [...seen].slice(-most))
  }
}

const written = ({ slack, kafka, grafana, tokens }: Config) =>
  [slack.botToken, slack.signingSecret, slack.appToken, kafka.sasl?.password, grafana.secret, ...tokens.map(({ text }) => text)]
    .map((secret) => () => (secret === undefined ? [] : [secret.read()]))

/** Where the libraries of AWS look before any file. */
const environment = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CONTAINER_AUTHORIZATION_TOKEN'] as const

const filesOf = ({ kafka, alertmanager, secrets, providers: { awsAsg, kubernetes, swarm } }: Config, env: Readonly<Record<string, string | undefined>>): (readonly [path: string | undefined, extract?: Extract])[] => [
  [kafka.tls?.key],
  ...secrets.map(({ file }) => [file] as const),
  ...alertmanager.map(({ auth }) => (auth === undefined ? [undefined] as const : 'tokenFile' in auth ? [auth.tokenFile] as const : [auth.passwordFile, basicOf(auth.username)] as const)),
  [swarm?.tls === undefined ? undefined : join(swarm.tls, 'key.pem')],
  ...(kubernetes === undefined ? [] : [[kubernetes.kubeconfig ?? env['KUBECONFIG'] ?? join(homedir(), '.kube', 'config'), kubeconfig] as const, ['/var/run/secrets/kubernetes.io/serviceaccount/token'] as const]),
  ...(awsAsg === undefined ? [] : [[env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(homedir(), '.aws', 'credentials'), awsCredentials] as const, [env['AWS_WEB_IDENTITY_TOKEN_FILE']] as const]),
]

/** One that is not there yet is looked for again each time. */
const fileSource = ([path, extract = (text) => [text]]: ReturnType<typeof filesOf>[number]) => {
  let secret: Secret | undefined
  return (): readonly string[] => {
    try {
      return path === undefined ? [] : extract((secret ??= Secret.ofFile(path)).read())
    } catch {
      return []
    }
  }
}

const basicOf = (username: string): Extract => (password) => [password, Buffer.from(`${username}:${password}`).toString('base64')]
const found = (pattern: RegExp): Extract => (text) => [...text.matchAll(pattern)].map(([, value]) => value!)
const kubeconfig = found(/^[\s-]*(?:token|password|client-key-data): *["']?([^\s"']+)/gm)
const awsCredentials = found(/^\s*(?:aws_secret_access_key|aws_session_token)\s*=\s*(\S+)/gm)

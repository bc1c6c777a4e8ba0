/** What the configuration comes out as: every value read, checked and of its type. */
import type { EdgeMode, EdgeSettings } from '../edge/settings.ts'
import type { HostPort, LogAddress } from './kinds.ts'
import type { KnownPerson, SlackGrant } from '../core/person.ts'
import type { Alertmanager, Token } from './lists.ts'
import type { ScriptSecret } from './script-secrets.ts'
import type { Secret } from './secret.ts'
import type { Role } from './settings.ts'

export interface Config {
  /** The file that was read. */
  readonly file?: string
  readonly listen: HostPort
  readonly advertise?: string
  readonly ingress?: HostPort
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string }
  readonly insecure: boolean
  readonly name: string
  /** A folder, absolute. */
  readonly state: string
  readonly log: LogAddress
  /** `log` as one text: what `openStreams` takes. */
  readonly logUrl: string
  readonly kafka: {
    readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
    readonly sasl?: { readonly mechanism?: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username?: string; readonly password?: Secret }
  }
  readonly roles: readonly Role[]
  readonly runner: { readonly targets: readonly string[]; readonly atOnce: number; readonly warm: number }
  readonly catalog: { readonly runbooks: string; readonly policies: string }
  readonly tokens: readonly Token[]
  readonly door: { readonly connections: number; readonly notifications: number; readonly reads: number }
  readonly people: readonly KnownPerson[]
  readonly alertmanager: readonly Alertmanager[]
  readonly unmatched: 'tell' | 'record'
  readonly grafana: { readonly secret?: Secret; readonly signatureHeader: string; readonly timestampHeader?: string }
  readonly slack: {
    readonly botToken?: Secret; readonly signingSecret?: Secret; readonly appToken?: Secret
    readonly channel?: string; readonly fallbackChannel?: string; readonly apiUrl?: string
    readonly announce: 'start' | 'problems'; readonly remindAfterMs: number; readonly allow: readonly SlackGrant[]
  }
  readonly providers: {
    readonly local: { readonly services?: string }
    readonly host?: readonly string[]
    readonly awsAsg?: { readonly region: string; readonly tag: string; readonly endpoint?: string; readonly joins?: 'kubernetes' }
    readonly swarm?: { readonly hosts: readonly string[]; readonly tls?: string; readonly mapping?: string }
    readonly kubernetes?: { readonly kubeconfig?: string; readonly context?: string; readonly selector: string; readonly namespaces: readonly string[] }
  }
  readonly secrets: readonly ScriptSecret[]
  readonly edges: { readonly settings: EdgeSettings; readonly modes: Readonly<Record<string, EdgeMode>>; readonly allowInProduction: boolean }
  readonly traces: { readonly endpoint?: string }
  readonly watchEveryMs: number
  readonly killAfterMs: number
  readonly lostAfterMs: number
  readonly drainTimeoutMs: number
  readonly repeatIntervalMs: number
  readonly staleAfterMs: number
  readonly retentionMs: number
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly force: { readonly stop: boolean; readonly dryRun: boolean; readonly off: readonly string[] }
}

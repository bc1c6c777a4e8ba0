/** What kafkajs is told of TLS and SASL. Files and passwords are read again at every new connection. */
import { readFileSync } from 'node:fs'
import type { Config } from './shape.ts'

export interface KafkaAccess {
  readonly ssl?: { readonly ca?: string[]; readonly cert?: string; readonly key?: string } | true
  readonly sasl?: { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string }
}

/** Undefined where neither is configured. */
export function kafkaAccess({ kafka: { tls, sasl } }: Config): (() => KafkaAccess) | undefined {
  if (tls === undefined && sasl === undefined) return undefined
  return () => ({ ...(tls === undefined ? {} : { ssl: readTls(tls) }), ...(sasl === undefined ? {} : { sasl: readSasl(sasl) }) })
}

const readTls = ({ ca, cert, key }: NonNullable<Config['kafka']['tls']>): NonNullable<KafkaAccess['ssl']> => {
  if (ca === undefined && cert === undefined) return true
  return {
    ...(ca === undefined ? {} : { ca: [readFileSync(ca, 'utf8')] }),
    ...(cert === undefined || key === undefined ? {} : { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }),
  }
}

/** `crossCheck` has seen to it that all three are there. */
const readSasl = ({ mechanism, username, password }: NonNullable<Config['kafka']['sasl']>) =>
  ({ mechanism: mechanism!, username: username!, password: password!.read() })

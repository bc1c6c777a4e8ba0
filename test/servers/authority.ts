/** Certificates of a test's own, made by openssl: of any dates, which `openssl ca` alone gives. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onPath } from './kafka/jars.ts'

export const noOpenssl: string | false = process.env['CI'] !== 'true' && !onPath('openssl') && 'openssl not found: install it'

export interface Issued {
  readonly cert: string
  readonly key: string
}

const openssl = (args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' })
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Paths. What it signs is of 127.0.0.1 and of these names. */
export const createAuthority = (folder: string) => {
  mkdirSync(folder, { recursive: true })
  const at = (name: string): string => join(folder, name)
  for (const name of ['index.txt', 'index.txt.attr']) writeFileSync(at(name), '')
  writeFileSync(at('serial'), '1000\n')
  openssl(['req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=test authority', '-keyout', at('ca.key'), '-out', at('ca.pem')])
  let count = 0
  return {
    ca: at('ca.pem'),
    issue: (name: string, { from, to, names = [] }: { from?: string; to?: string; names?: readonly string[] } = {}): Issued => {
      const [request, config] = [at(`${name}.csr`), at(`${++count}.cnf`)]
      writeFileSync(config, [
        '[ca]', 'default_ca = own', '[own]', `database = ${at('index.txt')}`, `serial = ${at('serial')}`, `new_certs_dir = ${folder}`, `certificate = ${at('ca.pem')}`,
        `private_key = ${at('ca.key')}`, 'default_md = sha256', 'default_days = 2', 'policy = any', 'unique_subject = no', '[any]', 'commonName = supplied', '[more]',
        `subjectAltName = ${['IP:127.0.0.1', ...names.map((one) => `DNS:${one}`)].join(',')}`, '',
      ].join('\n'))
      openssl(['req', '-new', ...newKey, '-subj', `/CN=${name}`, '-keyout', at(`${name}.key`), '-out', request])
      openssl(['ca', '-batch', '-config', config, '-extensions', 'more', '-in', request, '-out', at(`${name}.pem`), '-notext', ...(from ? ['-startdate', from] : []), ...(to ? ['-enddate', to] : [])])
      return { cert: at(`${name}.pem`), key: at(`${name}.key`) }
    },
  }
}
export type Authority = ReturnType<typeof createAuthority>

export const longOver = { from: '20200101000000Z', to: '20200201000000Z' }

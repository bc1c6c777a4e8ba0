/** A real API server with its controllers, for one test file: etcd, kube-apiserver, kube-controller-manager, and kwok in the place of kubelets. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from './ports.ts'

const place = join(process.env['PARAMEDIC_TEST_CACHE'] ?? join(homedir(), '.cache/paramedic-test'), 'kubernetes-1.37.2')

export const kubernetesMissing: string | false = ['etcd', 'kwok', 'kube-apiserver', 'kube-controller-manager', 'stages.yaml'].every((name) => existsSync(join(place, name)))
  ? false : 'the servers are not built: `npm run test:kubernetes` builds them once, with Go'

const tokens = { admin: 'admin,1,"system:masters"', paramedic: 'system:serviceaccount:paramedic:paramedic,2,"system:serviceaccounts"' }
export type Who = keyof typeof tokens

export interface Kubernetes {
  /** A file. */
  kubeconfig(who: Who): string
  ask<T = any>(method: string, path: string, body?: object, who?: Who): Promise<{ status: number; json: T }>
  stop(): Promise<void>
}

export async function startKubernetes(): Promise<Kubernetes> {
  const folder = mkdtempSync(join(tmpdir(), `paramedic-kubernetes-${process.pid}-`))
  const [E, P, A, C] = (await freePorts(4)) as [number, number, number, number]
  const path = (name: string): string => join(folder, name)
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' })
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', path('tls.key'), '-out', path('tls.crt'))
  openssl('genrsa', '-out', path('sa.key'), '2048')
  writeFileSync(path('tokens.csv'), Object.entries(tokens).map(([token, user]) => `${token}-token,${user}\n`).join(''))
  for (const who of Object.keys(tokens)) writeFileSync(path(`${who}.kubeconfig`), JSON.stringify(kubeconfigOf(`https://127.0.0.1:${A}`, readFileSync(path('tls.crt')), `${who}-token`)))

  const children: ChildProcess[] = []
  const start = (name: string, ...args: string[]): void => {
    const log = openSync(path(`${name}.log`), 'a')
    children.push(spawn(join(place, name), args, { stdio: ['ignore', log, log], cwd: folder, env: { PATH: process.env['PATH'], HOME: folder } }))
  }
  const ask: Kubernetes['ask'] = (method, url, body, who = 'admin') => requestJson({ port: A, ca: readFileSync(path('tls.crt')), token: `${who}-token`, method, url, body })
  const stop = async (): Promise<void> => {
    await Promise.all(children.toReversed().map(async (child) => {
      const ended = new Promise((go) => child.once('close', go).on('error', go))
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      child.kill('SIGKILL')
      await ended
    }))
    rmSync(folder, { recursive: true, force: true })
  }
  mkdirSync(path('etcd'))
  const etcd = `http://127.0.0.1:${E}`
  start('etcd', '--data-dir', path('etcd'), '--listen-client-urls', etcd, '--advertise-client-urls', etcd, '--listen-peer-urls', `http://127.0.0.1:${P}`)
  start('kube-apiserver', `--etcd-servers=${etcd}`, '--bind-address=127.0.0.1', `--secure-port=${A}`, '--advertise-address=127.0.0.1', `--tls-cert-file=${path('tls.crt')}`, `--tls-private-key-file=${path('tls.key')}`,
    `--token-auth-file=${path('tokens.csv')}`, '--authorization-mode=RBAC', '--service-account-issuer=https://kubernetes.default.svc', `--service-account-key-file=${path('sa.key')}`,
    `--service-account-signing-key-file=${path('sa.key')}`, '--service-cluster-ip-range=10.96.0.0/16', '--endpoint-reconciler-type=none', '--disable-admission-plugins=ServiceAccount', `--cert-dir=${folder}`)
  try {
    await until('the API server', async () => (await ask('GET', '/readyz')).status === 200, folder)
    const admin = path('admin.kubeconfig')
    start('kube-controller-manager', `--kubeconfig=${admin}`, `--service-account-private-key-file=${path('sa.key')}`, `--root-ca-file=${path('tls.crt')}`, '--leader-elect=false', '--bind-address=127.0.0.1', `--secure-port=${C}`,
      '--controllers=*,-bootstrapsigner,-tokencleaner', `--cert-dir=${folder}`)
    start('kwok', `--kubeconfig=${admin}`, '--manage-all-nodes=true', `--config=${join(place, 'stages.yaml')}`, '--server-address=127.0.0.1:0')
  } catch (problem) {
    await stop()
    throw problem
  }
  return { kubeconfig: (who) => path(`${who}.kubeconfig`), ask, stop }
}

async function until(what: string, is: () => Promise<boolean>, folder: string): Promise<void> {
  for (const end = Date.now() + 180_000; !(await is().catch(() => false)); await sleep(200)) {
    if (Date.now() > end) throw new Error(`${what} is not there: ${readFileSync(join(folder, 'kube-apiserver.log'), 'utf8').slice(-3000)}`)
  }
}

const kubeconfigOf = (server: string, ca: Buffer, token: string) => ({
  'apiVersion': 'v1', 'kind': 'Config', 'current-context': 'test',
  'clusters': [{ name: 'test', cluster: { server, 'certificate-authority-data': ca.toString('base64') } }],
  'users': [{ name: 'test', user: { token } }], 'contexts': [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
})

interface Asked {
  readonly port: number
  readonly ca: Buffer
  readonly token: string
  readonly method: string
  readonly url: string
  readonly body: object | undefined
}

const requestJson = ({ port, ca, token, method, url, body }: Asked): Promise<{ status: number; json: any }> =>
  new Promise((done, fail) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const asking = request({ host: '127.0.0.1', port, ca, method, path: url, agent: false, timeout: 20_000, headers: { 'authorization': `Bearer ${token}`, 'content-type': type, 'accept': 'application/json' } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).once('end', () => {
        const text = Buffer.concat(chunks).toString()
        done({ status: response.statusCode ?? 0, json: text.startsWith('{') ? JSON.parse(text) : text })
      })
    })
    asking.on('error', fail).once('timeout', () => asking.destroy(new Error('no answer'))).end(body === undefined ? undefined : JSON.stringify(body))
  })

/** The certificate of this server, its key, and whose clients are let in: files, which are read again when they change. */
import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { Server as SecureServer } from 'node:https'
import { createSecureContext } from 'node:tls'

/** Paths. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  /** Whoever signed the certificates of clients. None: they are not asked for one. */
  readonly clientCa?: string
}

export interface Pems {
  readonly cert: string
  readonly key: string
  readonly ca?: string
}

const lookEveryMs = 5000
const soonMs = 7 * 86_400_000

/** Throws where they cannot be used. */
const readPems = ({ cert, key, clientCa }: TlsFiles): Pems => {
  const pems = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8'), ...(clientCa === undefined ? {} : { ca: readFileSync(clientCa, 'utf8') }) }
  createSecureContext(pems) // a key that is not of this certificate is told here
  return pems
}

const stampOf = (files: TlsFiles): string => Object.values(files).map((path) => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : 'gone'
}).join()

export interface Certificates {
  readonly asksClients: boolean
  now(): Pems
  /** Connections that come from now on are given what the files hold then. */
  serve(server: SecureServer): void
  health(): { readonly ok: boolean; readonly detail: string }
  close(): void
}

export const openCertificates = (files: TlsFiles, onProblem: (text: string) => void): Certificates => {
  let seen = stampOf(files)
  let pems = readPems(files)
  let problem: string | undefined
  const servers = new Set<SecureServer>()

  /** A certificate and its key are not replaced in one moment: until they fit, the ones before are used. */
  const look = (): void => {
    try {
      const stamp = stampOf(files)
      if (stamp === seen && problem === undefined) return
      seen = stamp
      pems = readPems(files)
      for (const server of servers) server.setSecureContext(pems)
      problem = undefined
    } catch (thrown) {
      const text = `the certificate in ${files.cert} or its key cannot be used, and the one before stays: ${(thrown as Error).message}`
      if (text !== problem) onProblem(text)
      problem = text
    }
  }
  const timer = setInterval(look, lookEveryMs).unref()
  return {
    asksClients: files.clientCa !== undefined,
    now: () => pems,
    serve: (server) => void servers.add(server),
    health: () => {
      const { validToDate } = new X509Certificate(pems.cert)
      return { ok: problem === undefined && validToDate.getTime() - Date.now() > soonMs, detail: problem ?? `valid until ${validToDate.toISOString()}` }
    },
    close: () => clearInterval(timer),
  }
}

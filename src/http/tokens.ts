/**
 * Who is it, and may they? Tokens are known by their sha256; comparing takes the same time whatever is presented.
 * Without tokens everybody may do everything, which the configuration allows on loopback only, or when it was said aloud.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { tokenRoles, type TokenEntry, type TokenRole } from '../core/person.ts'
import { Refusal } from './errors.ts'

/** What a call asks for. `approve`: to say yes, where a route names who calls; `act` says it anywhere. `curb`: to end or deny something, which only makes it safer. `open`: nothing. `local`: to read, unless the caller is on this machine. `proof`: what became of a stop. */
export type Right = 'open' | 'local' | 'send' | 'stop' | 'proof' | 'read' | 'curb' | 'approve' | 'act'

const rights: Readonly<Record<TokenRole, readonly Right[]>> = {
  sender: ['send'],
  stopper: ['stop', 'proof'],
  viewer: ['read', 'local', 'proof', 'approve'],
  responder: ['read', 'local', 'proof', 'stop', 'curb', 'approve'],
  operator: ['read', 'local', 'proof', 'stop', 'curb', 'approve', 'act', 'send'],
}

/** Those who may, for docs. */
export const rolesWith = (right: Right): readonly TokenRole[] => tokenRoles.filter((role) => rights[role].includes(right))

export interface Caller {
  readonly name: string
  /** Proved by a token, not only claimed. */
  readonly proved: boolean
  /** Somebody who may approve: a machine's token never does. */
  readonly person: boolean
  /** Whether it may make things act, too. */
  readonly acts: boolean
  readonly team?: string
  /** Another process of this Paramedic, which passes on what somebody else asked for. */
  readonly peer: boolean
}

export interface DoorkeeperOptions {
  readonly tokens: readonly TokenEntry[]
  /** The names of the tokens that are persons. None: nobody said which are machines. */
  readonly people?: readonly string[]
  readonly now: () => number
  /** Whether this is the word by which processes of one Paramedic know each other. */
  readonly isPeer?: (token: string) => boolean
}

export const createDoorkeeper = ({ tokens, people = [], now, isPeer }: DoorkeeperOptions) => {
  const nobody: Caller = { name: 'anonymous', proved: false, person: people.length === 0, acts: true, peer: false }
  const known = tokens.map((token) => ({ ...token, digest: Buffer.from(token.sha256, 'hex') }))

  /** Looks at every token, also after it was found. */
  const find = (presented: string): TokenEntry | undefined => {
    const digest = hash('sha256', presented, 'buffer')
    let found: TokenEntry | undefined
    for (const token of known) if (timingSafeEqual(token.digest, digest)) found = token
    return found !== undefined && (found.expiresAt === undefined || now() < found.expiresAt) ? found : undefined
  }

  /** Throws a Refusal that says nothing of what was wrong with a login. */
  return (req: IncomingMessage, right: Right): Caller => {
    if (right === 'open') return nobody
    const presented = tokenOf(req.headers.authorization)
    if (presented !== undefined && right === 'stop' && isPeer?.(presented)) return { name: 'peer', proved: true, person: false, acts: false, peer: true }
    if (known.length === 0) return nobody
    if (right === 'local' && presented === undefined && isThisMachine(req)) return nobody
    const token = presented === undefined ? undefined : find(presented)
    if (token === undefined) {
      // One challenge alone: with a second one in the same line browsers ask nobody for a password.
      throw new Refusal('UNAUTHORIZED', 'Log in with a token: Authorization: Bearer, or as the password of Basic.', {
        headers: { 'www-authenticate': 'Basic realm="paramedic", charset="UTF-8"' },
      })
    }
    if (!rights[token.role].includes(right)) throw new Refusal('FORBIDDEN', 'Another role is needed.', { who: token.name })
    return { name: token.name, proved: true, person: people.length === 0 || people.includes(token.name), acts: rights[token.role].includes('act'), peer: false, ...(token.team === undefined ? {} : { team: token.team }) }
  }
}
export type Doorkeeper = ReturnType<typeof createDoorkeeper>

/** Of Bearer, or the password of Basic whatever the user's name. */
export function tokenOf(header: string | undefined): string | undefined {
  const found = /^(bearer|basic) +([^\s]+) *$/i.exec(header ?? '')
  if (found === null) return undefined
  if (found[1]!.toLowerCase() === 'bearer') return found[2]
  const login = Buffer.from(found[2]!, 'base64').toString()
  const colon = login.indexOf(':')
  return colon < 0 ? undefined : login.slice(colon + 1)
}

const hereByAddress = /^(localhost$|127\.|::1$)/

/** Whether nobody but this machine reaches what listens there. */
export const isHere = (host: string): boolean => hereByAddress.test(host)

const loopback = /^(127\.|::1$|::ffff:127\.)/

/** What proxies add. One on this machine passes others on. */
const ofProxies = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-forwarded-host', 'x-forwarded-proto', 'via'] as const
const hereByName = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/

/** A proxy that says nothing of itself may still be known by the name that was asked for, or by an HTTP that only proxies speak. */
const isThisMachine = ({ socket, headers, httpVersion }: IncomingMessage): boolean =>
  loopback.test(socket.remoteAddress ?? '') && ofProxies.every((name) => headers[name] === undefined) && hereByName.test(headers.host ?? '') && httpVersion !== '1.0'

/**
 * A page of another site can make a browser post here, and on a machine without tokens that would be enough. So whatever
 * a browser says of where it comes from must be us. `open`: there are no tokens; then its idea of our name must be plainly
 * this machine, or a foreign name could be pointed at it. Over plain HTTP a page under such a name says nothing of where it
 * comes from when it only reads: where we listen on this machine alone (`local`), its name for us is all that tells.
 */
export function checkOrigin(req: IncomingMessage, { open, local, names }: { open: boolean; local: boolean; names: readonly string[] }): void {
  const { origin, host = '' } = req.headers
  const site = req.headers['sec-fetch-site']
  const reads = req.method === 'GET' || req.method === 'HEAD'
  const foreign = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`
  if (foreign && !reads) throw new Refusal('FOREIGN_ORIGIN', 'Call this from a page of Paramedic, or from no page at all.')
  const page = origin !== undefined || site !== undefined || (local && reads && host !== '')
  if (open && page && !names.includes(host) && !hereByName.test(host)) {
    throw new Refusal('FOREIGN_ORIGIN', 'Without tokens it is reached by an address of this machine only, such as http://127.0.0.1:9095.')
  }
}

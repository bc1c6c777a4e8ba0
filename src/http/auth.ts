/** Tokens and what they may. A token is one person or one machine; only its sha256 is kept. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Request } from 'express'
import { HttpProblem } from './problem.ts'

export const roles = ['sender', 'stopper', 'viewer', 'responder', 'operator'] as const
export type TokenRole = (typeof roles)[number]

export interface Token {
  readonly name: string
  readonly role: TokenRole
  /** 64 hex digits. */
  readonly sha256: string
  /** Milliseconds since 1970. */
  readonly expiresAt?: number
}

/** What is asked for, and which roles may: a responder also makes it safer, an operator also makes it act. */
const may: Readonly<Record<'send' | 'stop' | 'view' | 'respond' | 'operate', readonly TokenRole[]>> = {
  send: ['sender', 'operator'],
  stop: ['stopper', 'responder', 'operator'],
  view: ['viewer', 'responder', 'operator'],
  respond: ['responder', 'operator'],
  operate: ['operator'],
}
export type Right = keyof typeof may

/** Who asks: the token's name. Without any token configured everyone on this machine may do everything. */
export const authorise = (tokens: readonly Token[], request: Request, right: Right): string => {
  if (tokens.length === 0) return 'anyone on this machine'
  const token = tokens.find((one) => matchesToken(one, presented(request)))
  if (!token) throw new HttpProblem('UNAUTHENTICATED')
  if (!may[right].includes(token.role)) throw new HttpProblem('FORBIDDEN')
  return token.name
}

const presented = (request: Request): string => {
  const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(/ +/, 2)
  if (/^bearer$/i.test(scheme)) return value
  if (!/^basic$/i.test(scheme)) return ''
  const text = Buffer.from(value, 'base64').toString('utf8')
  return text.slice(text.indexOf(':') + 1)
}

const matchesToken = (token: Token, given: string): boolean => {
  if (given === '') return false
  const same = timingSafeEqual(createHash('sha256').update(given).digest(), Buffer.from(token.sha256, 'hex'))
  return same && (token.expiresAt === undefined || token.expiresAt > Date.now())
}

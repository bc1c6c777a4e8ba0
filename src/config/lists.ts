/** The lists of maps: tokens, Alertmanagers, people in Slack. Every fault of every item is told at its own place. */
import { didYouMean } from '../catalog/nearest.ts'
import { tokenRoles, type KnownPerson, type SlackGrant, type TokenEntry, type TokenRole } from '../core/person.ts'
import { isSecretName, secretNameProblem } from '../core/secret-name.ts'
import { Secret } from './secret.ts'
import type { ScriptSecret } from './script-secrets.ts'
import { fault, list, origin, tell, text, type Fault, type Kind, type Parsed } from './kinds.ts'

export interface Token extends TokenEntry {
  /** The token itself, where the environment has it: only its hash is compared. */
  readonly text?: Secret
}

export interface Alertmanager {
  /** The peers of one HA pair, no slash at their ends. */
  readonly urls: readonly string[]
  readonly auth?: { readonly tokenFile: string } | { readonly username: string; readonly passwordFile: string }
  /** A file of certificates to trust. */
  readonly ca?: string
}

type Fields = Readonly<Record<string, Kind<unknown> & { readonly optional?: true }>>
const optional = <T>(kind: Kind<T>): Kind<T> & { readonly optional: true } => ({ ...kind, optional: true })

/** A map with these fields and no others. */
function fieldsOf(given: unknown, fields: Fields): Parsed<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return fault(`must be a map of ${Object.keys(fields).join(', ')}, not ${tell(given)}`)
  const map = given as Record<string, unknown>
  const faults: Fault[] = Object.keys(map).filter((key) => !Object.hasOwn(fields, key))
    .map((key) => ({ at: [key], message: `is not known${didYouMean(key, Object.keys(fields))}; known: ${Object.keys(fields).join(', ')}` }))
  const value: Record<string, unknown> = {}
  for (const [key, kind] of Object.entries(fields)) {
    if (map[key] === undefined) {
      if (!kind.optional) faults.push({ at: [key], message: 'is missing' })
      continue
    }
    const parsed = kind.parse(map[key])
    if ('value' in parsed) value[key] = parsed.value
    else faults.push(...parsed.faults.map(({ at, message }) => ({ at: [key, ...at], message })))
  }
  return faults.length > 0 ? { faults } : { value }
}

/** A list of maps in a file; `short` reads what environment and flags can say. */
function listOf<T>(form: string, one: (given: unknown) => Parsed<T>, short: (given: string) => Parsed<T[]>, show: (value: T) => unknown = (value) => value): Kind<readonly T[]> {
  return {
    form,
    parse(given) {
      if (typeof given === 'string') return short(given)
      if (!Array.isArray(given)) return fault(`must be a list, not ${tell(given)}`)
      const parsed = given.map(one)
      const faults = parsed.flatMap((item, index) => 'faults' in item ? item.faults.map(({ at, message }) => ({ at: [index, ...at], message })) : [])
      return faults.length > 0 ? { faults } : { value: parsed.flatMap((item) => ('value' in item ? [item.value] : [])) }
    },
    show: (value) => JSON.stringify(value.map(show)),
  }
}

const sha256Text: Kind<string> = {
  form: '64 hex digits',
  parse: (given) => typeof given === 'string' && /^[0-9a-fA-F]{64}$/.test(given)
    ? { value: given.toLowerCase() } : fault('must be the 64 hex digits that `paramedic token new` prints'),
}
const time: Kind<number> = {
  form: 'RFC 3339',
  parse(given) {
    const ms = typeof given === 'string' && /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(given) ? Date.parse(given) : NaN
    return Number.isNaN(ms) ? fault(`must be a day or a time such as 2027-01-31 or 2027-01-31T12:00:00Z, not ${tell(given)}`) : { value: ms }
  },
}
const roleKind: Kind<TokenRole> = {
  form: tokenRoles.join('|'),
  parse: (given) => tokenRoles.includes(given as TokenRole)
    ? { value: given as TokenRole } : fault(`must be one of ${tokenRoles.join(', ')}, not ${tell(given)}${didYouMean(String(given), tokenRoles)}`),
}

export const tokenList = (hash: (text: string) => string): Kind<readonly Token[]> => listOf<Token>(
  '[{ name, role, sha256, team?, expires? }]',
  (given) => {
    const parsed = fieldsOf(given, { name: text, role: roleKind, sha256: sha256Text, team: optional(text), expires: optional(time) })
    if ('faults' in parsed) return parsed
    const { expires, ...token } = parsed.value
    return { value: { ...token, ...(expires === undefined ? {} : { expiresAt: expires }) } as Token }
  },
  (given) => {
    const tokens: Token[] = []
    const faults: Fault[] = []
    for (const [index, item] of given.split(',').map((one) => one.trim()).entries()) {
      const [role = '', ...rest] = item.split(':')
      const known = roleKind.parse(role)
      const token = rest.join(':')
      // Never echoed: what stands here may be a token.
      if ('faults' in known) faults.push({ at: [index], message: `must be ROLE:TOKEN with a role of ${tokenRoles.join(', ')}` })
      else if (token === '') faults.push({ at: [index], message: 'has no token after its role: make one with `paramedic token new`' })
      else tokens.push({ name: role, role: known.value, sha256: hash(token), text: Secret.ofText(token) })
    }
    return faults.length > 0 ? { faults } : { value: tokens }
  },
  ({ name, role }) => ({ name, role, sha256: '(masked)' }),
)

const urlList: Kind<readonly string[]> = {
  form: '[URL…]',
  parse(given) {
    const list: readonly unknown[] = Array.isArray(given) ? given : typeof given === 'string' ? given.split(',').map((one) => one.trim()) : []
    if (list.length === 0) return fault(`must be a list of URLs, not ${tell(given)}`)
    const parsed = list.map((one) => origin.parse(one))
    const faults = parsed.flatMap((one, index) => ('faults' in one ? one.faults.map(({ message }) => ({ at: [index], message })) : []))
    return faults.length > 0 ? { faults } : { value: parsed.flatMap((one) => ('value' in one ? [one.value] : [])) }
  },
}
const auth: Kind<unknown> = {
  form: '{ tokenFile } | { username, passwordFile }',
  parse: (given) => typeof given === 'object' && given !== null && 'tokenFile' in given
    ? fieldsOf(given, { tokenFile: text }) : fieldsOf(given, { username: text, passwordFile: text }),
}

export const alertmanagerList: Kind<readonly Alertmanager[]> = listOf<Alertmanager>(
  '[{ urls, auth?, ca? }]',
  (given) => fieldsOf(given, { urls: urlList, auth: optional(auth), ca: optional(text) }) as Parsed<Alertmanager>,
  (given) => {
    const urls = urlList.parse(given)
    return 'faults' in urls ? urls : { value: [{ urls: urls.value }] }
  },
)

export function rebaseAlertmanager(one: Alertmanager, resolve: (path: string) => string): Alertmanager {
  const { auth, ca } = one
  const moved = auth === undefined ? undefined
    : 'tokenFile' in auth ? { tokenFile: resolve(auth.tokenFile) } : { ...auth, passwordFile: resolve(auth.passwordFile) }
  return { ...one, ...(ca === undefined ? {} : { ca: resolve(ca) }), ...(moved === undefined ? {} : { auth: moved }) }
}

const slackId = (letters: string): Kind<string> => ({
  form: 'ID',
  parse: (given) => typeof given === 'string' && new RegExp(`^[${letters}][A-Z0-9]{2,}$`).test(given)
    ? { value: given } : fault(`must be Slack's own id (it begins with ${letters.split('').join(' or ')}), not a name: ${tell(given)}`),
})

export const slackGrants: Kind<readonly SlackGrant[]> = listOf<SlackGrant>(
  '[{ user | group, team }]',
  (given) => {
    const who = typeof given === 'object' && given !== null && 'group' in given ? { group: slackId('S') } : { user: slackId('UW') }
    return fieldsOf(given, { ...who, team: slackId('TE') }) as Parsed<SlackGrant>
  },
  (given) => {
    const parsed = given.split(',').map((one) => /^([TE][A-Z0-9]{2,})\/(?:([UW][A-Z0-9]{2,})|(S[A-Z0-9]{2,}))$/.exec(one.trim()))
    const bad = parsed.findIndex((one) => one === null)
    if (bad >= 0) return fault('must be TEAM/USER or TEAM/GROUP by id, such as T024BE7LD/U024BE7LH', [bad])
    return { value: parsed.map((one) => one![2] === undefined ? { team: one![1]!, group: one![3]! } : { team: one![1]!, user: one![2] }) }
  },
)

export const peopleList: Kind<readonly KnownPerson[]> = listOf<KnownPerson>(
  '[{ name, team?, user? }]',
  (given) => {
    const parsed = fieldsOf(given, { name: text, team: optional(slackId('TE')), user: optional(slackId('UW')) })
    if ('faults' in parsed) return parsed
    const { team, user } = parsed.value
    if ((team === undefined) !== (user === undefined)) return fault('needs team and user beside each other: an account of Slack is known by both')
    return { value: parsed.value as unknown as KnownPerson }
  },
  (given) => {
    const parsed = given.split(',').map((one) => /^([^=,]+?)(?:=([TE][A-Z0-9]{2,})\/([UW][A-Z0-9]{2,}))?$/.exec(one.trim()))
    const bad = parsed.findIndex((one) => one === null)
    if (bad >= 0) return fault('must be NAME or NAME=TEAM/USER by id, such as ann=T024BE7LD/U024BE7LH', [bad])
    return { value: parsed.map((one) => ({ name: one![1]!, ...(one![2] === undefined ? {} : { team: one![2], user: one![3]! }) })) }
  },
)

const secretName: Kind<string> = {
  form: 'NAME',
  parse: (given) => typeof given === 'string' && isSecretName(given) ? { value: given } : fault(`${secretNameProblem}, not ${tell(given)}`),
}

export const secretList: Kind<readonly ScriptSecret[]> = listOf<ScriptSecret>(
  '[{ name, file, runbooks }]',
  (given) => fieldsOf(given, { name: secretName, file: text, runbooks: list }) as Parsed<ScriptSecret>,
  () => fault('is a list of maps: it can only be said in the file'),
)

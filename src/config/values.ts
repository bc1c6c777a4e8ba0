/** Reads each written value by its setting's kind, and each secret from where it lies. Every problem is told, not the first. */
import type { Problem } from '../catalog/problem.ts'
import { pathText } from './place.ts'
import { resolveFrom, type Gathered, type Written } from './gather.ts'
import { Secret } from './secret.ts'
import { fileKey, keys, settingOf, type Key, type Values } from './settings.ts'

export interface Read {
  readonly values: Values
  readonly secrets: ReadonlyMap<Key, Secret>
  readonly problems: readonly Problem[]
}

export function readValues({ written }: Pick<Gathered, 'written'>): Read {
  const values: Partial<Record<Key, unknown>> = {}
  const secrets = new Map<Key, Secret>()
  const problems: Problem[] = []
  for (const key of keys) {
    const setting = settingOf(key)
    if (setting.secret) {
      const found = readSecret(key, written)
      if (found instanceof Secret) secrets.set(key, found)
      else if (found !== undefined) problems.push(found)
      continue
    }
    const one = written.get(key)
    // `key:` with nothing after it says nothing.
    if (one === undefined || one.given === null) continue
    const parsed = setting.kind.parse(one.given)
    if ('value' in parsed) values[key] = setting.rebase?.(parsed.value, (path) => resolveFrom(one, path)) ?? parsed.value
    else problems.push(...parsed.faults.map(({ at, message }) => ({ ...one.place(at), message: `${pathText(at, key)} ${message}` })))
  }
  return { values: values as Values, secrets, problems }
}

function readSecret(key: Key, written: ReadonlyMap<string, Written>): Secret | Problem | undefined {
  const text = written.get(key)
  if (text !== undefined) return Secret.ofText(String(text.given))
  const file = written.get(fileKey(key))
  if (file === undefined || file.given === null) return undefined
  const say = (message: string): Problem => ({ ...file.place([]), message: `${fileKey(key)} ${message}` })
  if (typeof file.given !== 'string') return say('must name a file')
  const path = resolveFrom(file, file.given)
  try {
    const secret = Secret.ofFile(path)
    return secret.isEmpty ? say(`names ${path}, which is empty: write the secret into it`) : secret
  } catch (problem) {
    return say(`names ${path}, which cannot be read (${(problem as NodeJS.ErrnoException).code}): make it readable for this user`)
  }
}

/** Secrets that runbooks may ask for: each in a file, with the names of those that may have it. */
import { Secret } from './secret.ts'

export interface ScriptSecret {
  /** As the script asks for it, and as its shell finds it: `PAGER_KEY`. */
  readonly name: string
  readonly file: string
  /** Names of runbooks, without versions. */
  readonly runbooks: readonly string[]
}

/** What a runbook asks for, or why it does not get it. A file is read again when it changes. */
export function scriptSecrets(list: readonly ScriptSecret[]): (runbook: string, names: readonly string[]) => Record<string, string> | string {
  const read = new Map<string, Secret>()
  return (runbook, names) => {
    const found: Record<string, string> = {}
    for (const name of names) {
      const secret = list.find((one) => one.name === name && one.runbooks.includes(runbook))
      if (secret === undefined) return `${runbook} asks for the secret ${name}, and \`secrets\` of the configuration gives it none of that name`
      try {
        const kept = read.get(secret.file) ?? Secret.ofFile(secret.file)
        read.set(secret.file, kept)
        found[name] = kept.read()
      } catch (problem) {
        return `the secret ${name} cannot be read (${(problem as NodeJS.ErrnoException).code})`
      }
    }
    return found
  }
}

/** What a secret may be called: it is handed to a step's shell under its name, and none that steers the shell itself is taken. */
const name = /^[A-Z][A-Z0-9_]{0,62}$/
const steers = /^(PATH|HOME|TMPDIR|SHLVL|IFS|ENV|BASH.*|SHELLOPTS|PS4|PROMPT_COMMAND|LD_.*|DYLD_.*|NODE_.*|ZX_.*)$/

export const isSecretName = (text: string): boolean => name.test(text) && !steers.test(text)

export const secretNameProblem = 'must be capital letters, digits and _, such as PAGER_KEY, and nothing that steers the shell itself'

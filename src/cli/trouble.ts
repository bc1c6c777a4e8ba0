/** What the operating system refuses is said in one line, with what to do. Where we noticed it helps nobody. */
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space, or name a state folder elsewhere with --state.',
  EDQUOT: 'The quota is used up: free some space, or name a state folder elsewhere with --state.',
  EROFS: 'The disk can only be read: name a state folder elsewhere with --state.',
  EACCES: 'Whoever runs this may not: give it to that user.',
  EPERM: 'Whoever runs this may not: give it to that user.',
  EMFILE: 'Too many files are open: allow more with `ulimit -n`.',
  ENFILE: 'Too many files are open on this machine: allow more with `sysctl fs.file-max`.',
  EIO: 'The disk fails: look at the messages of the kernel.',
}

/** Undefined for what is a defect of ours. Some come as words from another process: their code stands before the message. */
export function troubleOf(problem: unknown): string | undefined {
  if (!(problem instanceof Error)) return undefined
  const remedy = remedies[/^(E[A-Z]+): /.exec(problem.message)?.[1] ?? '']
  return remedy === undefined ? undefined : `${problem.message}. ${remedy}`
}

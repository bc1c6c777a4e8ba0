/** What a person says with a command: why, and who he is where no token tells it. */
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { CliError } from './client.ts'

/** It must tell something. */
export const withWhy = (command: Command, about = 'why it is safe to go on'): Command => command.requiredOption('--why <text>', about, (text: string) => {
  if (text.trim() === '') throw new CliError(2, `--why is empty: say ${about}`)
  return text
})

export const user = (): string => {
  try {
    return userInfo().username
  } catch {
    return 'somebody'
  }
}

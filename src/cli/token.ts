/** `paramedic token new` */
import { createHash, randomBytes } from 'node:crypto'
import { roles } from '../http/tokens.ts'
import { CliError } from './client.ts'
import type { Cli } from './main.ts'

export const register = ({ program, asJson }: Cli): void => {
  program.command('token').description('works on tokens').command('new').description('prints a token, and its line of configuration').requiredOption('--name <name>', 'the person or machine').requiredOption('--role <role>', roles.join(', '))
    .addHelpText('after', '\nExample:\n  paramedic token new --name alertmanager --role sender').action(({ name, role }: { name: string; role: string }) => {
      if (!(roles as readonly string[]).includes(role)) throw new CliError(2, `--role takes one of ${roles.join(', ')}`)
      const token = randomBytes(32).toString('base64url')
      const line = { name, role, sha256: createHash('sha256').update(token).digest('hex') }
      if (asJson()) process.stdout.write(`${JSON.stringify({ token, ...line })}\n`)
      else process.stdout.write(`${token}\n\ntokens:\n  - { name: ${JSON.stringify(name)}, role: ${role}, sha256: ${line.sha256} }\n`)
    })
}

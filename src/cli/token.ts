/** `paramedic token new`: a token, shown once, and its line of configuration. */
import { hash, randomBytes } from 'node:crypto'
import { tokenRoles } from '../core/person.ts'
import { CliError } from './client.ts'
import type { Cli } from './main.ts'

interface TokenOptions {
  readonly name: string
  readonly role: string
  readonly expires?: string
}

export const register = ({ program, asJson }: Cli): void => {
  program.command('token').description('makes tokens').addHelpText('after', '\nExample:\n  paramedic token new --name alertmanager --role sender')
    .command('new').description('prints a token and its line of configuration').requiredOption('--name <name>', 'the person or the machine').requiredOption('--role <role>', tokenRoles.join(', '))
    .option('--expires <day>', 'after which it is worth nothing, such as 2027-01-31')
    .addHelpText('after', '\nExample:\n  paramedic token new --name alertmanager --role sender\n  paramedic token new --name ann --role operator --expires 2027-01-31')
    .action(({ name, role, expires }: TokenOptions) => {
      if (!(tokenRoles as readonly string[]).includes(role)) throw new CliError(2, `--role must be one of ${tokenRoles.join(', ')}, not ${role}`)
      if (expires !== undefined && Number.isNaN(Date.parse(expires))) throw new CliError(2, `--expires must be a day such as 2027-01-31, not ${expires}`)
      const token = randomBytes(32).toString('base64url')
      const line = { name, role, sha256: hash('sha256', token), ...(expires === undefined ? {} : { expires }) }
      const fields = Object.entries(line).map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ')
      if (asJson()) process.stdout.write(`${JSON.stringify({ token, ...line })}\n`)
      else process.stdout.write(`${token}\n\nIt is shown this once. In paramedic.yaml:\n\ntokens:\n  - { ${fields} }\n`)
    })
}

/** The configuration flags of a command, and the configuration that comes of them; its problems end it with exit 2. */
import { Option, type Command } from 'commander'
import { loadConfig, printSettingProblem, type Loaded } from '../config.ts'
import { flag } from '../config/kinds.ts'
import { fileKey, flagName, keys, settingOf, writableKeys } from '../config/settings.ts'
import { CliError } from './client.ts'

/** `shown`: its help lists them; elsewhere they would hide what is the command's own. */
export const withConfigFlags = (command: Command, { shown = false } = {}): Command => {
  command.option('--config <file>', 'the configuration file (paramedic.yaml)')
  for (const key of keys) {
    const { kind, about, secret } = settingOf(key)
    // A flag said alone means yes.
    const [name, value, text] = secret ? [fileKey(key), '<path>', `The file of: ${about}`] : [key, kind === flag ? '[true|false]' : '<value>', about]
    command.addOption(new Option(`--${flagName(name)} ${value}`, text).hideHelp(!shown))
  }
  if (!shown) command.addHelpText('after', '\nEvery setting that `paramedic serve --help` lists is a flag here as well.')
  return command
}

export async function readConfig(options: Readonly<Record<string, unknown>>): Promise<Loaded> {
  const flags = Object.fromEntries(writableKeys.flatMap((key) => {
    const given = options[camel(flagName(key))]
    return given === undefined ? [] : [[key, given]]
  }))
  const { config: file } = options
  return loadConfig({ cwd: process.cwd(), env: process.env, flags, ...(typeof file === 'string' ? { file } : {}) })
}

export const loaded = async (options: Readonly<Record<string, unknown>>): Promise<Loaded & { config: NonNullable<Loaded['config']> }> => {
  const read = await readConfig(options)
  if (!read.config) throw new CliError(2, read.problems.map(printSettingProblem).join('\n'))
  return read
}

const camel = (name: string): string => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

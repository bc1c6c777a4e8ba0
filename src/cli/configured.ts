/** The configuration flags of a command, and the configuration that comes of them; its problems end it with exit 2. */
import type { Command } from 'commander'
import { loadConfig, printSettingProblem, type Loaded } from '../config.ts'
import { flag } from '../config/kinds.ts'
import { fileKey, flagName, keys, settingOf, writableKeys } from '../config/settings.ts'
import { CliError } from './client.ts'

export const withConfigFlags = (command: Command): Command => {
  command.option('--config <file>', 'the configuration file (paramedic.yaml)')
  for (const key of keys) {
    const { kind, about, secret } = settingOf(key)
    if (secret) command.option(`--${flagName(fileKey(key))} <path>`, `The file of: ${about}`)
    // Said alone it means yes.
    else if (kind === flag) command.option(`--${flagName(key)} [true|false]`, about)
    else command.option(`--${flagName(key)} <value>`, about)
  }
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

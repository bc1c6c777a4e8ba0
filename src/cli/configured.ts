/** The configuration flags of a command, and the configuration that comes of them; its problems end it with exit 2. */
import type { Command } from 'commander'
import { loadConfig, printSettingProblem, type Loaded } from '../config.ts'
import { flagName, settingOf, writableKeys, type Key } from '../config/settings.ts'
import { CliError } from './client.ts'

export const withConfigFlags = (command: Command): Command => {
  command.option('--config <file>', 'the configuration file (paramedic.yaml)')
  for (const key of writableKeys) {
    const about = key.endsWith('File') ? 'a file that holds the secret' : settingOf(key as Key).about
    if (key === 'insecure' || key.startsWith('force.')) command.option(`--${flagName(key)}`, about)
    else command.option(`--${flagName(key)} <value>`, about)
  }
  return command
}

export const loaded = async (options: Readonly<Record<string, unknown>>): Promise<Loaded & { config: NonNullable<Loaded['config']> }> => {
  const flags = Object.fromEntries(writableKeys.flatMap((key) => {
    const given = options[camel(flagName(key))]
    return given === undefined ? [] : [[key, given]]
  }))
  const { config: file } = options
  const read = await loadConfig({ cwd: process.cwd(), env: process.env, flags, ...(typeof file === 'string' ? { file } : {}) })
  if (!read.config) throw new CliError(2, read.problems.map(printSettingProblem).join('\n'))
  return read as Loaded & { config: NonNullable<Loaded['config']> }
}

const camel = (flag: string): string => flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

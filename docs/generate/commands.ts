/** `docs/commands.md`: what `--help` says of every command. */
import type { Command } from 'commander'
import { allCommands } from '../../src/cli/main.ts'
import { fileKey, flagName, keys, settingOf } from '../../src/config/settings.ts'
import { generated } from './markdown.ts'

export async function commandsPage(): Promise<string> {
  const program = await allCommands()
  const introduction = `# Commands

${generated}

Exit codes: 0 done · 1 refused, failed, or not all done · 2 wrong usage, or a catalogue or configuration with problems · 3 no server answered · 4 \`--timeout\` ran out · 78 the wrong Node.
Ids may be shortened to their last six characters. With \`--json\` stdout holds one JSON document, or JSON lines for streams, and everything else is on stderr.
`
  return [introduction, section(program), ...program.commands.flatMap((one) => [one, ...one.commands]).map(section)].join('\n')
}

function section(command: Command): string {
  return [`## ${nameOf(command)}`, '', '```text', helpOf(command), '```', ''].join('\n')
}

const nameOf = (command: Command): string => (command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`)

const settingFlags = new Set(keys.map((key) => `--${flagName(settingOf(key).secret === true ? fileKey(key) : key)}`))

/** The same width everywhere. Settings have a page of their own. */
function helpOf(command: Command): string {
  let text = ''
  const settings = command.options.filter(({ long, hidden }) => !hidden && settingFlags.has(long ?? '')).length
  const few = settings < 10
  command.configureOutput({ writeOut: (more) => (text += more), getOutHelpWidth: () => 110 })
  command.configureHelp({ showGlobalOptions: false, visibleOptions: (one) => one.options.filter(({ long, hidden }) => !hidden && (few || !settingFlags.has(long ?? ''))) })
  command.outputHelp()
  return few ? text.trim() : `${text.trim()}\n\nand every setting of configuration.md as a flag.`
}

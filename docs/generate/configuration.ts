/** `docs/configuration.md`: every setting, from the table that reads them. */
import { environmentName, fileKey, flagName, keys, settingOf, type Key } from '../../src/config/settings.ts'
import { generated, table } from './markdown.ts'

export function configurationPage(): string {
  const introduction = `# Configuration

${generated}

Defaults, then \`paramedic.yaml\` (or \`--config FILE\`), then the environment, then flags: the later wins. Keys nest in the file
(\`slack: { channel: "#ops" }\`) and are the same word everywhere: \`slack.channel\` is \`PARAMEDIC_SLACK_CHANNEL\` and \`--slack-channel\`.
\`paramedic config\` prints what is in force and where each value came from; \`paramedic check\` lists every problem at once.

**Secrets** come from the environment (\`PARAMEDIC_SLACK_BOT_TOKEN\`) or from a file that the key with \`File\` names
(\`slack.botTokenFile\`, \`PARAMEDIC_SLACK_BOT_TOKEN_FILE\`); never from a flag, never from the configuration file. Files are read again when they change.
A path in the file is relative to the file. A duration has its unit: \`90s\`, \`5m\`, \`1h30m\`.
`
  return [introduction, table(['key', 'is', 'default', 'environment · flag', 'means'], keys.map(row)), ''].join('\n')
}

function row(key: Key): string[] {
  const { kind, default: standard, about, secret } = settingOf(key)
  const names = secret === true
    ? `\`${environmentName(key)}\` · \`${environmentName(fileKey(key))}\` · \`--${flagName(fileKey(key))}\``
    : `\`${environmentName(key)}\` · \`--${flagName(key)}\``
  return [`\`${key}\`${secret === true ? ' (secret)' : ''}`, kind.form, standard === undefined ? '' : `\`${standard}\``, names, about]
}

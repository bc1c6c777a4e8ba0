/** A person switches how something outside is called: hot, for every process that reads this log. */
import { edgeModes, type EdgeMode } from '../edge/settings.ts'
import { isSwitch, needsLeave } from '../edge/switches.ts'
import { answer } from './answer.ts'
import type { Call } from './call.ts'
import { Refusal } from './errors.ts'
import type { Form } from './schemas.ts'
import { time } from './times.ts'
import { readObject, record, text, wordOf } from './word.ts'

export function showSwitches({ res, ports }: Call): void {
  answer(res, 200, { items: [...ports.read().state.switches].map(([edge, { at, ...one }]): Form<'SwitchList'>['items'][number] => ({ edge, ...one, at: time(at) })), next: null })
}

export async function switchEdge(call: Call): Promise<void> {
  const { res, ports } = call
  const given = await readObject(call, { optional: true })
  const word = await wordOf(call, { safe: 'why it is switched', given })
  const [edge, mode] = [text(given, 'edge'), text(given, 'mode')]
  if (!isSwitch(edge)) throw new Refusal('BAD_REQUEST', '`edge` names an edge, or one kind of its calls: slack, kubernetes/change. GET /v1/edges lists the edges.')
  if (mode !== 'configured' && !(edgeModes as readonly string[]).includes(mode)) throw new Refusal('BAD_REQUEST', `\`mode\` must be one of ${edgeModes.join(', ')}, or \`configured\` for what the configuration says.`)
  if (needsLeave(mode as EdgeMode) && !ports.read().allowInProduction) throw new Refusal('NOT_ALLOWED_HERE', `\`${mode}\` needs \`edges.allowInProduction: true\` in the configuration: it makes answers up, or passes what protects the outside.`)
  await record(call, [{ kind: 'switched', edge, mode: mode as EdgeMode | 'configured', ...word }], 'it stays as it is')
  answer(res, 202, { status: mode })
}

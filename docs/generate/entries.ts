/** `docs/entries.md`: what stands on the log, from the types of src/core/entry.ts. */
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import type { Fact } from '../../src/core/entry.ts'
import { generated, table } from './markdown.ts'

/** Who writes it, and what it tells. The compiler asks for each kind, and for no other. */
const told: Readonly<Record<Fact['kind'], readonly [who: string, about: string]>> = {
  'received': ['the door (intake)', "A notification, durable before it is answered 200. `problems` names its bad alerts, which are left out of `payload`. A large one is several entries."],
  'catalogue announced': ['whoever read it', 'The routes, runbook manifests and policies under one digest, so that every server judges alike.'],
  'catalogue part': ['whoever read it', 'Some of a catalogue that is too large for one entry. It is known once part `of` - 1 is there; parts that never become whole are forgotten after an hour.'],
  'catalogue activated': ['whoever read it', 'This catalogue is in force from here on, if `was` still is. One that was in force before is never activated by itself.'],
  'catalogue refused': ['whoever read it', 'What is wrong with the files. The last good catalogue stays in force, and people are told.'],
  'matched': ['the decider', 'The answer to an episode: this workflow. The first answer on the log counts, others are ignored.'],
  'climbed': ['the decider', 'The workflow `after` did not heal, and its alert still fires: the next runbook of its ladder answers it. The first one on the log counts.'],
  'submitted': ['whoever was asked', 'A person or a program asks for a workflow. It is planned and judged; nothing is run. The first under its key counts.'],
  'exec asked': ['whoever was asked', 'This plan of it shall run: it is judged again, and run once. The first one counts.'],
  'cancelled': ['whoever was asked', 'A person ended it: what runs is killed as by a stop.'],
  'noted': ['whoever was asked', 'What a person said about it.'],
  'unmatched': ['the decider', 'The answer to episodes that get no workflow, and why. `tell`: people are told.'],
  'planned': ['a runner', 'What the workflow would change, made by reading only.'],
  'decided': ['the decider', 'The outcome of all gates for a plan, with every verdict; to start, with its takes.'],
  'claimed': ['a runner', 'It wants to run this job. The first claim on the log wins; the first of a workflow is where limits are counted.'],
  'step done': ['the runner that holds it', 'The checkpoint: what the job gave back.'],
  'step failed': ['the runner that holds it', 'Why the job did not do it.'],
  'let go': ['the runner that holds it', 'What it claimed runs no more: it was killed, or never started.'],
  'printed': ['the runner that holds it', 'What a job that still runs printed lately, at most once a second, for `paramedic watch`: 4 kB at once and 64 kB a job. The end of all of it comes with the outcome.'],
  'verified': ['a runner', "What the runbook's own probe or Alertmanager said after the last step."],
  'ended': ['a runner, the decider', 'The workflow ended so, and why.'],
  'stop pulled': ['whoever was asked', 'An emergency stop. It is in force before it is here; this is the record.'],
  'stop lifted': ['whoever was asked', 'A person lifted it. What it held is planned and judged again.'],
  'stop acknowledged': ['each runner', 'The proof: what it killed for this stop, and how long that took.'],
  'approved': ['whoever was asked', 'A person said yes to this plan, by its digest. It sets aside the question, nothing else.'],
  'denied': ['whoever was asked', 'A person said no.'],
  'drilled': ['a person', 'A drill, `paramedic drill`: what was rehearsed, how it went, how long it took, and what survived.'],
  'logins refused': ['the door', 'Calls that came without a token, with a wrong one, with one that may not do this, or with a wrong signature: from where, which call, and how often in ten seconds. The first twenty are told one by one.'],
  'changed by hand': ['a runner', 'What a workflow changed is another now, by its version, and no workflow made it so: the runbooks that had changed it are suspended there, and people are told.'],
  'resumed': ['whoever was asked', 'A person said that they may touch it again.'],
  'switched': ['whoever was asked', 'A person switched how something outside is called; `configured` takes it back.'],
  'promoted': ['whoever was asked', 'A person lets this version run by itself: it had so many verified heals in that time.'],
  'demoted': ['the decider', 'It failed: the promoted version asks again, the canary is taken no more. That holds from the failure on; this is the record, with its numbers.'],
  'breaker closed': ['whoever was asked', 'A person closed a tripped breaker: what it counted up to now is forgotten.'],
  'runner lost': ['any process', 'That process was silent for longer than `lostAfter`, or ended: what it claims from now on is void, and its steps are offered again.'],
  'joined': ['each process', 'A process began, or began anew under another identity.'],
  'fold version': ['any process', 'From here on entries mean what this version of the fold says.'],
  'snapshot made': ['any process', 'The folded state up to this position was written; a server may begin with it. Equal digests: folded alike. As a line of `paramedic log` or `/v1/events` that position is `upTo`.'],
  'message sent': ['the notifier', 'People were told of a notice, up to this revision.'],
  'taken': ['whoever was asked', 'A person took an escalation: it is not told again.'],
  'heartbeat missed': ['the decider', 'A heartbeat route was silent for longer than it may be.'],
}

export function entriesPage(): string {
  const kinds = kindsOf(readFileSync(new URL('../../src/core/entry.ts', import.meta.url), 'utf8'))
  const introduction = `# Entries

${generated}

Everything that happens is one of these, on one ordered log. Each entry also has \`by\`, the process that wrote it (a UUIDv7, new at every start), and \`n\`, which only
grows per process: a reader drops what is not above the last \`n\` it saw of that process. The log itself gives each its position and its time \`at\`.

\`paramedic log\` prints them as JSON lines, \`GET /v1/events\` streams them. On Kafka a record's value is this JSON, its key the workflow, the stop or the process,
and the header \`kind\` says what it is, so that \`kcat\` can read them. Reasons are a closed set: [reasons](reasons.md).
`
  const contents = table(['kind', 'written by', 'tells'], Object.entries(told).map(([kind, [who, about]]) => [`[\`${kind}\`](#${kind.replaceAll(' ', '-')})`, who, about]))
  return [introduction, contents, '', ...kinds.map(([kind, fields]) => section(kind, fields))].join('\n')
}

type Field = readonly [name: string, type: string, about: string]

function section(kind: string, fields: readonly Field[]): string {
  const [who, about] = told[kind as Fact['kind']]
  return [`## ${kind}`, '', `${about} Written by ${who}.`, '', table(['field', 'is', 'means'], fields.map(([name, type, means]) => [`\`${name}\``, `\`${type}\``, means])), ''].join('\n')
}

/** In the order of the union `Fact`; a member that stands for two kinds is listed under each. */
function kindsOf(source: string): [kind: string, fields: Field[]][] {
  const file = ts.createSourceFile('entry.ts', source, ts.ScriptTarget.ESNext, true)
  const aliases = new Map(file.statements.filter(ts.isTypeAliasDeclaration).map((one) => [one.name.text, one.type]))
  const union = aliases.get('Fact')
  if (union === undefined || !ts.isUnionTypeNode(union)) throw new Error('Fact is no union any more: mend docs/generate/entries.ts')
  return union.types.flatMap((member): [string, Field[]][] => {
    const properties = propertiesOf(member, aliases)
    const kind = properties.find((one) => one.name.getText() === 'kind')!.type!.getText()
    const fields = properties.filter((one) => one.name.getText() !== 'kind').map((one): Field =>
      [`${one.name.getText()}${one.questionToken ? '?' : ''}`, plainType(one.type!.getText()), commentOf(one)])
    return kind.split('|').map((word) => [word.trim().replaceAll("'", ''), fields])
  })
}

/** Of a type that is written out, named, or put together of such. What is kept under a symbol is never written: it is no part of an entry. */
function propertiesOf(type: ts.TypeNode | undefined, aliases: ReadonlyMap<string, ts.TypeNode>): ts.PropertySignature[] {
  if (type === undefined) throw new Error('a type of src/core/entry.ts cannot be read: mend docs/generate/entries.ts')
  if (ts.isIntersectionTypeNode(type)) return type.types.flatMap((part) => propertiesOf(part, aliases))
  if (ts.isTypeReferenceNode(type)) return propertiesOf(aliases.get(type.typeName.getText()), aliases)
  if (!ts.isTypeLiteralNode(type)) throw new Error(`${type.getText()} cannot be read: mend docs/generate/entries.ts`)
  return type.members.filter(ts.isPropertySignature).filter((one) => !ts.isComputedPropertyName(one.name))
}

const plainType = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('readonly ', '').replace(/Readonly<(.*)>/, '$1')

const commentOf = (node: ts.Node): string =>
  ts.getJSDocCommentsAndTags(node).map(({ comment }) => (typeof comment === 'string' ? comment.replace(/\s+/g, ' ') : '')).join(' ')

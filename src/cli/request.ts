/** What `run` and `submit` have in common: a request read off the command line, and what the server says to it. */
import type { Command } from 'commander'
import type { Form } from '../http/schemas.ts'
import { CliError, json, type ClientOptions } from './client.ts'
import { clean, show } from './out.ts'
import { workflowText } from './status.ts'
import { user } from './word.ts'

type Workflow = Form<'Workflow'>

export interface RequestFlags {
  readonly target: string[]
  readonly provider?: string
  readonly param: string[]
  readonly label: string[]
  readonly why: string
  readonly dryRun?: true
  readonly deadline?: string
  readonly key?: string
}

const each = (value: string, before: readonly string[]): string[] => [...before, value]

export const requestCommand = (command: Command): Command => command
  .argument('<runbook>', 'NAME, for its newest version, or NAME@VERSION')
  .requiredOption('--target <name>', 'what it is to touch; may be repeated', each, [])
  .option('--provider <name>', 'other hands than its script says')
  .option('--param <name=value>', 'one of its params; may be repeated', each, [])
  .option('--label <name=value>', 'what the request says of itself, for policies and stops; may be repeated', each, [])
  .option('--why <text>', 'for those who come after', '')
  .option('--dry-run', 'planned and judged only')
  .option('--deadline <duration>', 'what all steps together may take from exec on; never more than the runbook gives')
  .option('--key <key>', 'names this request: the same key again gives the same workflow, never a second run')

/** Submitted; where the policies refuse it, every verdict is shown and the exit code is 1. */
export async function submit(options: ClientOptions, runbook: string, flags: RequestFlags, asJson: boolean): Promise<Workflow | undefined> {
  const body = {
    runbook, targets: flags.target, ...(flags.provider === undefined ? {} : { provider: flags.provider }), params: Object.fromEntries(flags.param.map((one) => pair('--param', one, paramValue))),
    labels: Object.fromEntries(flags.label.map((one) => pair('--label', one, (text) => text))), why: flags.why, who: user(), ...(flags.dryRun ? { dryRun: true } : {}), ...(flags.deadline === undefined ? {} : { deadline: flags.deadline }),
  }
  // Planning may take its half minute.
  const patient = { ...options, timeoutMs: Math.max(options.timeoutMs, 40_000) }
  try {
    return await json<Workflow>(patient, 'POST', '/v1/workflows', body, { 'idempotency-key': flags.key ?? crypto.randomUUID() })
  } catch (problem) {
    if (!(problem instanceof CliError) || problem.code !== 'REFUSED') throw problem
    showRefusal(problem, asJson)
    return undefined
  }
}

export function showRefusal({ problem, message }: CliError, asJson: boolean): void {
  const { verdicts = [] } = problem as { verdicts?: Workflow['verdicts'] }
  show(asJson, problem, () => clean([`REFUSED: ${message}`, ...verdicts.map(verdictLine)].join('\n')))
  process.exitCode = 1
}

const verdictLine = ({ verdict, policy, detail, until }: Workflow['verdicts'][number]): string =>
  `  ${verdict}: ${policy}, ${detail}${until === undefined ? '' : `, clears ${until}`}`

export const planText = (workflow: Workflow): string => workflowText({ ...workflow, steps: [], timeline: [] })

function pair<T>(flag: string, text: string, value: (text: string) => T): [string, T] {
  const equals = text.indexOf('=')
  if (equals < 1) throw new CliError(2, `${flag} must be NAME=VALUE, not ${text}`)
  return [text.slice(0, equals), value(text.slice(equals + 1))]
}

/** Numbers and truth as such, in JSON's notation; everything else is text. */
function paramValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? Number(text) : text
}

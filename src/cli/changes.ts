/** `paramedic changes`: every change of every runbook: what, from → to, by which workflow and why, when. */
import { runbookId } from '../core/catalogue.ts'
import { covers } from '../core/fold/stops.ts'
import { label } from '../core/labels.ts'
import { createLedger, type LedgerLine } from '../core/ledger.ts'
import { MatcherError, parseMatchers, type Matchers } from '../core/matcher.ts'
import { CliError } from './client.ts'
import { history, sinceMs, withLogFlags } from './entries.ts'
import type { Cli } from './main.ts'
import { shorten, show, table } from './out.ts'

export const register = (cli: Cli): void => {
  withLogFlags(cli.program.command('changes').description('every change that a runbook made, or may have made: what, from → to, by which workflow and why, when')
    .argument('[matcher...]', "on the alert's labels, `runbook` and `target`, such as target=\"web\"")).option('--since <duration>', 'how far back', '1h')
    .option('--annotations', "as JSON lines, each an annotation that Grafana's POST /api/annotations takes")
    .addHelpText('after', '\nWhat failed, was killed or is in doubt may have been changed or not; a rehearsal changes nothing.\n\nExample:\n  paramedic changes --since 1h\n  paramedic changes \'target="web"\' --since 7d\n  paramedic changes --annotations | while read -r one; do curl -fsS -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d "$one" https://grafana.example/api/annotations; done')
    .action((matchers: string[], { since, annotations = false, ...options }: Record<string, unknown> & { since: string; annotations?: boolean }) => changes(cli, matchers, { since: sinceMs(since), annotations, options }))
}

async function changes(cli: Cli, matchers: string[], { since, annotations, options }: { since: number; annotations: boolean; options: Record<string, unknown> }): Promise<void> {
  const compiled = readMatchers(matchers)
  const ledger = createLedger()
  for await (const read of history(cli, options)) ledger.fold(read)
  const lines = ledger.lines().filter(({ at, target, workflow }) => at >= since && covers({ matchers, compiled }, { labels: workflow.labels, runbook: workflow.runbook, targets: [target] }))
  if (annotations) return lines.map(annotationOf).forEach((one) => void process.stdout.write(`${JSON.stringify(one)}\n`))
  const id = shorten(lines.map(({ workflow }) => workflow.id))
  show(cli.asJson(), lines.map(viewOf), () => lines.length === 0 ? 'nothing was changed' : table(['WHEN', 'TARGET', 'FROM', 'TO', 'OUTCOME', 'RUNBOOK', 'WORKFLOW', 'WHY'], lines.map((line) => {
    const { at, target, from, to, outcome, runbook, workflow, why } = viewOf(line)
    return [at, target, JSON.stringify(from), JSON.stringify(to), outcome, runbook, id(workflow), why]
  })))
}

/** As Grafana's API takes one: on every dashboard that asks for the tag `paramedic`. */
const annotationOf = (line: LedgerLine) => {
  const { target, from, to, outcome, runbook, workflow, why } = viewOf(line)
  return { time: line.at, tags: ['paramedic', runbook, target, outcome], text: `${target}: ${JSON.stringify(from)} → ${JSON.stringify(to)} by ${runbook} (${outcome}), ${why} [${workflow.slice(-6)}]` }
}

function readMatchers(texts: readonly string[]): Matchers {
  try {
    return parseMatchers(texts)
  } catch (problem) {
    if (!(problem instanceof MatcherError)) throw problem
    throw new CliError(2, problem.message)
  }
}

const viewOf = ({ at, workflow, target, id, from, to, step, outcome }: LedgerLine) => ({
  at: new Date(at).toISOString(), target, id, from, to, outcome, step, runbook: runbookId(workflow.runbook), workflow: workflow.id, state: workflow.state, why: whyOf(workflow),
})

const whyOf = ({ request, labels }: LedgerLine['workflow']): string =>
  request === undefined ? label(labels, 'alertname') || '(no alertname)' : `asked for by ${request.who}${request.why === '' ? '' : `: ${request.why}`}`

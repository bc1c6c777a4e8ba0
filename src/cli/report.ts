/** `paramedic report`: what became of a period, for those who decide what may run by itself. */
import { ends } from '../core/reason.ts'
import { createReport, type Report } from '../core/report.ts'
import { history, sinceMs, withLogFlags } from './entries.ts'
import type { Cli } from './main.ts'
import { clean, show } from './out.ts'

export const register = (cli: Cli): void => {
  withLogFlags(cli.program.command('report').description('alerts, what was healed, rehearsed and refused by reason, whom people were called for, stops'))
    .option('--since <duration>', 'how far back', '30d').option('--markdown', 'for a page or a pull request')
    .addHelpText('after', '\nExample:\n  paramedic report --since 30d\n  paramedic report --since 7d --markdown > week.md')
    .action(async ({ since, markdown = false, ...options }: Record<string, unknown> & { since: string; markdown?: boolean }) => {
      const { fold, report } = createReport(sinceMs(since))
      for await (const read of history(cli, options)) fold(read)
      const made = report()
      show(cli.asJson(), viewOf(made), () => (markdown ? markdownOf(made, since) : textOf(made, since)))
    })
}

type Row = readonly [what: string, count: number]

/** Every end has its row, so that two reports can be laid beside each other. */
const rowsOf = ({ alerts, told, ended, live, escalated, stops }: Report): Row[] => [
  ['alerts', alerts], ['told', told], ...ends.map((end): Row => [end, ended[end] ?? 0]), ['not over', live], ['escalated', escalated], ['stops', stops.length],
]

const reasonsOf = (counts: Readonly<Record<string, number>>): Row[] => Object.entries(counts).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))

const viewOf = (report: Report) => ({ ...report, stops: report.stops.map((stop) => ({ ...stop, at: time(stop.at), ...(stop.liftedAt === undefined ? {} : { liftedAt: time(stop.liftedAt) }) })) })

const time = (at: number): string => new Date(at).toISOString()

const stopText = ({ at, who, why, matchers, liftedAt, killed, held }: Report['stops'][number]): string =>
  `${time(at)} ${who}${why === '' ? '' : ` (${why})`}: ${matchers.length === 0 ? 'everything' : matchers.join(', ')}, ${killed} killed, ${held} held, ${liftedAt === undefined ? 'in force' : `lifted ${time(liftedAt)}`}`

function textOf(report: Report, since: string): string {
  const lines = (rows: readonly Row[], indent = ''): string[] => rows.map(([what, count]) => `${indent}${what.padEnd(20 - indent.length)}${String(count).padStart(8)}`)
  return clean([
    `the last ${since}`, ...lines(rowsOf(report)),
    ...section('refused by reason', lines(reasonsOf(report.refused), '  ')), ...section('no workflow, by reason', lines(reasonsOf(report.unanswered), '  ')),
    ...section('stops', report.stops.map((stop) => `  ${stopText(stop)}`)),
  ].join('\n'))
}

const section = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', title, ...lines])

function markdownOf(report: Report, since: string): string {
  const tableOf = (head: string, rows: readonly Row[]): string[] => [`| ${head} | count |`, '| --- | ---: |', ...rows.map(([what, count]) => `| ${what} | ${count} |`)]
  return [
    `# The last ${since}`, '', ...tableOf('what', rowsOf(report)),
    ...section('## Refused, by reason', Object.keys(report.refused).length === 0 ? [] : ['', ...tableOf('reason', reasonsOf(report.refused))]),
    ...section('## No workflow, by reason', Object.keys(report.unanswered).length === 0 ? [] : ['', ...tableOf('reason', reasonsOf(report.unanswered))]),
    ...section('## Stops', report.stops.length === 0 ? [] : ['', ...report.stops.map((stop) => `- ${plain(stopText(stop))}`)]),
  ].join('\n')
}

/** What people wrote is text, never a mark of the page. */
const plain = (text: string): string => clean(text).replace(/[\\`*_<>[\]|#]/g, '\\$&').replaceAll('\n', ' ')

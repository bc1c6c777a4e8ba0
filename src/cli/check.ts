/** `paramedic check` and `init`: work on files, need no server. */
import { loaded, withConfigFlags } from './configured.ts'
import type { Cli } from './main.ts'

export const register = ({ program, asJson }: Cli): void => {
  withConfigFlags(program.command('check').description('reads configuration, runbooks, routes and policies; lists every problem')).option('--base <ref>', 'fails if a digest locked there changed').option('--format <how>', 'text or github', 'text')
    .addHelpText('after', '\nExample:\n  paramedic check --base origin/main --format github')
    .action(async (options: Record<string, unknown> & { base?: string; format: string }) => {
      const { config } = await loaded(options)
      const [{ readCatalogue }, { annotateProblem, printProblem }, { compareWithBase }] = await Promise.all([import('../catalog/read.ts'), import('../catalog/problem.ts'), import('../catalog/base.ts')])
      const reading = await readCatalogue(config.catalog)
      const problems = [...reading.problems, ...(options.base === undefined ? [] : await compareWithBase(config.catalog.runbooks, options.base))]
      const text = options.format === 'github' ? annotateProblem : printProblem
      for (const problem of problems) process.stderr.write(`${text(problem)}\n`)
      for (const warning of reading.warnings) process.stderr.write(`${options.format === 'github' ? annotateProblem(warning, 'warning') : `warning: ${printProblem(warning)}`}\n`)
      if (asJson()) process.stdout.write(`${JSON.stringify({ problems, warnings: reading.warnings, digest: reading.catalogue?.digest ?? null })}\n`)
      else if (problems.length === 0) process.stdout.write(`good: ${Object.keys(reading.catalogue!.runbooks).length} runbooks, ${reading.catalogue!.routes.length} routes\n`)
      if (problems.length > 0) process.exitCode = 2
    })
  program.command('init').description('writes a catalogue repository of your own').argument('<dir>').addHelpText('after', '\nExample:\n  paramedic init ../our-runbooks').action(async (dir: string) => {
    const { initCatalogue } = await import('../catalog/init/init.ts')
    await initCatalogue(dir)
    process.stdout.write(`written to ${dir}; next: cd ${dir} && paramedic check\n`)
  })
}

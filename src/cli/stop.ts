/** `paramedic stop`: pulls an emergency stop and waits for its proof. It never asks whether you are sure. */
import type { Cli } from './main.ts'
import { CliError, json } from './client.ts'
import { short, show } from './out.ts'

interface Proof {
  readonly id: string
  readonly durable: boolean
  readonly matchers: readonly string[]
  readonly covers: { readonly running: number; readonly waiting: number }
  readonly acknowledgements: readonly { readonly name: string; readonly killed: number; readonly survivors: number; readonly tookMs: number }[]
  readonly missing: readonly string[]
}

export const register = ({ program, client, asJson }: Cli): void => {
  program.command('stop').description('stops everything, or what the matchers cover; prints the proof').argument('[matcher...]', 'such as runbook="scale-service"')
    .option('--why <text>', 'for those who come after', '').option('--pause', 'running steps finish, nothing new starts')
    .addHelpText('after', '\nExample:\n  paramedic stop --why "deploy went wrong"\n  paramedic stop \'target="web"\' --why "looking at it"')
    .action(async (matchers: string[], options: { why: string; pause?: boolean }) => {
      const proof = await pull({ ...client() }, { matchers, why: options.why, kind: options.pause ? 'pause' : 'kill' })
      show(asJson(), proof, () => proofText(proof))
      if (proof.missing.length > 0 || proof.acknowledgements.some(({ survivors }) => survivors > 0)) process.exitCode = 1
    })
}

const pull = async (options: Parameters<typeof json>[0], body: unknown): Promise<Proof> => {
  try {
    return await json<Proof>({ ...options, timeoutMs: Math.max(15_000, options.timeoutMs) }, 'POST', '/v1/stops?wait=10s', body)
  } catch (problem) {
    if (!(problem instanceof CliError) || problem.exit !== 3) throw problem
    throw new CliError(3, `NOTHING WAS STOPPED. ${problem.message}\nTo stop it on its host: systemctl stop paramedic, or docker stop paramedic, or pkill -TERM -f 'paramedic.*serve'`)
  }
}

export const proofText = (proof: Proof): string => {
  const runners = proof.acknowledgements.length + proof.missing.length
  const killed = proof.acknowledgements.reduce((sum, one) => sum + one.killed, 0)
  const survivors = proof.acknowledgements.reduce((sum, one) => sum + one.survivors, 0)
  const tookMs = Math.max(0, ...proof.acknowledgements.map((one) => one.tookMs))
  return [
    `STOPPED ${proof.matchers.join(', ') || 'everything'} [${short(proof.id)}]`,
    `${proof.acknowledgements.length} of ${runners} runners, ${killed} workflows killed in ${tookMs} ms, ${survivors} survivors, ${proof.covers.waiting} held`,
    ...(proof.missing.length > 0 ? [`NO ANSWER FROM ${proof.missing.join(', ')}`] : []),
    ...(proof.durable ? [] : ['not on the log yet: it is kept in a file and put there as soon as the log can be written']),
    ...(proof.covers.running + proof.covers.waiting + killed === 0 ? ['IT COVERS NOTHING THAT RUNS OR WAITS NOW. It stands all the same.'] : []),
    `To lift it: paramedic go ${short(proof.id)} --why "…"`,
  ].join('\n')
}

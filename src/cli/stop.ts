/** `paramedic stop`: pulls an emergency stop and waits for its proof. It never asks whether you are sure. */
import type { Form } from '../http/schemas.ts'
import type { Cli } from './main.ts'
import { CliError, json, type ClientOptions } from './client.ts'
import { alarm, clean, short, show } from './out.ts'
import { user } from './word.ts'

type Stop = Form<'Stop'>

const proofWithinMs = 10_000

export const register = ({ program, client, asJson, timeoutMs }: Cli): void => {
  program.command('stop').description('stops everything, or what the matchers cover, and prints the proof')
    .argument('[matcher...]', 'such as runbook="scale-service"; none: everything')
    .option('--why <text>', 'for those who come after', '').option('--pause', 'running steps finish, nothing new starts').option('--for <duration>', 'of a pause: it lifts itself after so long')
    .addHelpText('after', '\nExample:\n  paramedic stop --why "deploy went wrong"\n  paramedic stop \'target="web"\' --why "looking at it"\n  paramedic stop --pause --for 2h --why "the network is worked on"\n\nWithout a shell on this machine: curl -X POST http://127.0.0.1:9095/v1/stops')
    .action(async (matchers: string[], { why, pause, for: lasts }: { why: string; pause?: boolean; for?: string }) => {
      const waitMs = timeoutMs() ?? proofWithinMs
      const stop = await pull({ ...client(), timeoutMs: waitMs + 5000 }, { matchers, why, kind: pause ? 'pause' : 'kill', ...(lasts === undefined ? {} : { for: lasts }), who: user() }, waitMs)
      show(asJson(), stop, () => proofText(stop))
      process.exitCode = isProved(stop) && coversAnything(stop) && stop.note === undefined ? 0 : 1
    })
}

export async function pull(options: ClientOptions, body: object, waitMs: number): Promise<Stop> {
  try {
    return await json<Stop>(options, 'POST', `/v1/stops?wait=${Math.ceil(waitMs)}ms`, body)
  } catch (problem) {
    if (!(problem instanceof CliError) || problem.exit === 2) throw problem
    const known = problem.exit === 4 ? 'NOBODY KNOWS WHETHER ANYTHING WAS STOPPED' : 'NOTHING WAS STOPPED'
    throw new CliError(problem.exit, `${known}: ${problem.message}\n${onTheHost}`, problem.code)
  }
}

/** What stops it where no server answers. Its steps die with it. */
const onTheHost = `On the host of each server, one of these stops the service, and what it runs dies with it:
  systemctl stop paramedic
  docker stop paramedic
  kubectl scale deployment/paramedic --replicas=0
  kill -TERM PID        (twice: at once)`

const isProved = ({ missing, acknowledgements }: Stop): boolean => missing.length === 0 && acknowledgements.every(({ survivors }) => survivors === 0)
const coversAnything = ({ covers, killed }: Stop): boolean => covers.running + covers.waiting + covers.routes + killed.length > 0

function proofText(stop: Stop): string {
  const { acknowledgements, missing, lost, covers, held, durable, matchers, id, kind, note } = stop
  const sum = (of: 'killed' | 'survivors'): number => acknowledgements.reduce((all, one) => all + one[of], 0)
  const tookMs = Math.round(Math.max(0, ...acknowledgements.map((one) => one.tookMs)))
  const runners = acknowledgements.length + missing.length
  return [
    `${kind === 'pause' ? 'PAUSED' : 'STOPPED'} ${clean(matchers.join(', ')) || 'everything'}  (${short(id)})`,
    `covers ${covers.running} running, ${covers.waiting} waiting, ${covers.routes} routes`,
    `${acknowledgements.length} of ${runners} runners, ${sum('killed')} workflows killed in ${tookMs} ms, ${held.length} held`,
    ...(sum('survivors') > 0 ? [alarm(`${sum('survivors')} PROCESSES SURVIVED ON ${namesOf(acknowledgements.filter((one) => one.survivors > 0))}: kill them on their host`)] : []),
    ...(missing.length > 0 ? [alarm(`NO ANSWER FROM ${namesOf(missing)}: it dies by itself when its lease ends; stop it on its host to be sure`)] : []),
    ...(lost.length > 0 ? [`let go by its deadline: ${namesOf(lost)}, lost without an answer`] : []),
    ...(durable ? [] : ['not on the log yet: it is in force, and is put there as soon as that works']),
    ...(coversAnything(stop) ? [] : [alarm('IT COVERS NOTHING THAT RUNS, WAITS OR COULD START. It stands all the same: look at its matchers')]),
    ...(note === undefined ? [] : [alarm(clean(note))]),
    ...(stop.liftsItself === undefined ? [] : [`it lifts itself at ${stop.liftsItself}`]),
    `to lift it: paramedic go ${short(id)} --why "…"`,
  ].join('\n')
}

const namesOf = (runners: readonly { name: string; runner: string }[]): string => clean(runners.map(({ name, runner }) => `${name} (${short(runner)})`).join(', '))

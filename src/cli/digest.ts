/** `paramedic status --digest`: one word for what this server knows, and whether the others know the same. */
import type { Form } from '../http/schemas.ts'
import { CliError, json, type ClientOptions } from './client.ts'
import { show, table } from './out.ts'

type Digest = Form<'Digest'>
interface Said extends Partial<Digest> {
  readonly name: string
  readonly url: string
  readonly problem?: string
}

/** The log goes on while they are asked: they are asked again, for a place that all of them have yet to come to. */
const tries = 5
const ahead = 20

/** Exit 1 where they differ, or cannot be compared. */
export async function showDigest(options: ClientOptions, asJson: boolean): Promise<void> {
  const { items: runners } = await json<Form<'RunnerList'>>(options, 'GET', '/v1/runners')
  const others = runners.filter(({ me, lost, fresh }) => !me && !lost && fresh).map(({ name, address }) => ({ name, url: address }))
  const servers = [{ name: runners.find(({ me }) => me)?.name ?? 'this one', url: options.url }, ...others]
  let said: Said[] = []
  for (let tried = 0, at = ''; tried < tries && !comparable(said); tried++) {
    said = await Promise.all(servers.map(async (server): Promise<Said> => ({ ...server, ...(await ask({ ...options, url: server.url }, at)) })))
    const furthest = Math.max(...said.map(({ position }) => position ?? 0))
    at = `?position=${furthest + (tried === 0 ? 0 : ahead)}`
  }
  const same = comparable(said) && new Set(said.map(({ digest }) => digest)).size === 1
  show(asJson, { same, servers: said }, () => [
    table(['SERVER', 'POSITION', 'DIGEST'], said.map(({ name, position, digest, problem }) => [name, position ?? '', digest ?? problem ?? ''])),
    ...(said.length === 1 ? [] : [same ? 'they agree' : comparable(said) ? 'THEY DIFFER' : 'they could not be compared at one position: ask again']),
  ].join('\n'))
  if (!same) process.exitCode = 1
}

const comparable = (said: readonly Said[]): boolean => said.length > 0 && said.every(({ position }) => position !== undefined && position === said[0]!.position)

const ask = async (options: ClientOptions, at: string): Promise<Partial<Digest> & { problem?: string }> => {
  try {
    return await json<Digest>(options, 'GET', `/v1/digest${at}`)
  } catch (problem) {
    if (!(problem instanceof CliError)) throw problem
    return { problem: problem.message }
  }
}

/** The hands that the configuration asks for. What speaks to a cloud is loaded only then. */
import type { Config } from '../config.ts'
import type { Edges } from '../edge/edges.ts'
import { createHands, type Hands } from './hands.ts'
import { host, none } from './host.ts'
import { startLocalServices } from './local.ts'
import type { Call, Provider } from './provider.ts'

export interface HandsOptions {
  readonly providers: Config['providers']
  readonly stateDirectory: string
  readonly edges: Edges
}

export async function openHands({ providers: { local, awsAsg, kubernetes, swarm, host: names }, stateDirectory, edges }: HandsOptions): Promise<Hands> {
  const providers: Provider[] = [none, ...(names === undefined ? [] : [host(names)])]
  if (local.services !== undefined) providers.push(await startLocalServices(local.services, `${stateDirectory}/local`))
  const cluster = kubernetes === undefined ? undefined : (await import('./kubernetes.ts')).kubernetes(kubernetes, edges)
  if (cluster !== undefined) providers.push(cluster)
  if (awsAsg !== undefined) {
    const nodes = awsAsg.joins === 'kubernetes' ? cluster?.nodes : undefined
    const joined = nodes && (async (call: Call) => new Set((await nodes.list(call)).flatMap(({ instance, ready }) => (ready && instance !== undefined ? [instance] : []))))
    providers.push((await import('./aws-asg.ts')).awsAsg({ ...awsAsg, ...(nodes && joined ? { joined, nodes } : {}) }, edges))
  }
  if (swarm !== undefined) providers.push((await import('./swarm.ts')).swarm(swarm, edges))
  return createHands(providers)
}

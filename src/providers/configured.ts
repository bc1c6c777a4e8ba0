/** The hands that the configuration asks for. What speaks to a cloud is loaded only then. */
import type { Config } from '../config.ts'
import type { Edges } from '../edge/edges.ts'
import { createHands, type Hands } from './hands.ts'
import { startLocalServices } from './local.ts'
import type { Provider } from './provider.ts'

export interface HandsOptions {
  readonly providers: Config['providers']
  readonly stateDirectory: string
  readonly edges: Edges
}

export async function openHands({ providers: { local, awsAsg }, stateDirectory, edges }: HandsOptions): Promise<Hands> {
  const providers: Provider[] = []
  if (local.services !== undefined) providers.push(await startLocalServices(local.services, `${stateDirectory}/local`))
  if (awsAsg !== undefined) providers.push((await import('./aws-asg.ts')).awsAsg(awsAsg, edges))
  return createHands(providers)
}

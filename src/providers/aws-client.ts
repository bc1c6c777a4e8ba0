/** The few calls to Auto Scaling that are made, over the edge. The SDK is loaded by the first of them; it retries nothing itself. */
import type { AutoScalingClient, AutoScalingGroup } from '@aws-sdk/client-auto-scaling'
import type { Attempt, Meaning } from '../edge/edge.ts'
import type { Edges } from '../edge/edges.ts'
import { proxyOf } from '../edge/proxy.ts'
import type { Launches } from './aws-group.ts'
import { ProviderError, type Call } from './provider.ts'

type Sdk = typeof import('@aws-sdk/client-auto-scaling')

export interface AwsOptions {
  readonly region: string
  /** Which groups are targets: `KEY=VALUE`. */
  readonly tag: string
  /** Another address of the API. */
  readonly endpoint?: string
}

const pageSize = 100
const mostPages = 50
const connectMs = 3000

export function awsClient({ region, tag, endpoint }: AwsOptions, edges: Edges) {
  const edge = edges.open('aws-asg', { meaning: awsMeaning })
  let loading: Promise<{ sdk: Sdk; client: AutoScalingClient }> | undefined
  const load = (): NonNullable<typeof loading> => (loading ??= connect({ region, endpoint, sockets: edges.sockets }))
  const [key, value] = [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)]

  const call = async <T>(target: string, effect: 'read' | 'repeatable', { signal, deadlineMs }: Call, make: (sdk: Sdk, client: AutoScalingClient, how: Sending) => Promise<T>): Promise<T> => {
    const { sdk, client } = await load()
    try {
      return await edge.call({ target, effect, signal, deadlineMs, run: (attempt) => make(sdk, client, sending(attempt)) })
    } catch (error) {
      const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } }
      if ($metadata?.httpStatusCode === 403) throw new ProviderError('TargetUnreachable', `AWS refuses (${name}): ${message}; what is needed is in deploy/aws/policy.json`, { cause: error })
      throw error
    }
  }

  return {
    /** Those with the tag; of this name, if one is given. */
    async groups(given: Call, name?: string): Promise<AutoScalingGroup[]> {
      const found: AutoScalingGroup[] = []
      let NextToken: string | undefined
      for (let page = 0; page < mostPages; page++) {
        const answer = await call(name ?? '', 'read', given, (sdk, client, how) => client.send(new sdk.DescribeAutoScalingGroupsCommand({
          MaxRecords: pageSize, Filters: [{ Name: `tag:${key}`, Values: [value] }], ...(NextToken === undefined ? {} : { NextToken }), ...(name === undefined ? {} : { AutoScalingGroupNames: [name] }),
        }), how))
        // A name that is given outweighs the filter with some who speak this protocol: the tag is what makes it ours.
        found.push(...(answer.AutoScalingGroups ?? []).filter(({ Tags = [] }) => Tags.some((one) => one.Key === key && one.Value === value)))
        NextToken = answer.NextToken
        if (NextToken === undefined || NextToken === '') return found
      }
      throw new ProviderError('TargetUnreachable', `more than ${mostPages * pageSize} groups carry the tag ${tag}`)
    },
    async launches(target: string, given: Call): Promise<Launches> {
      const { Activities = [] } = await call(target, 'read', given, (sdk, client, how) =>
        client.send(new sdk.DescribeScalingActivitiesCommand({ AutoScalingGroupName: target, MaxRecords: pageSize }), how))
      return new Map(Activities.flatMap(({ Description = '', StartTime }) => {
        // "Launching a new EC2 instance: i-0123456789abcdef0"
        const id = /^Launching .*(\bi-[0-9a-f]+)/.exec(Description)?.[1]
        return id === undefined || StartTime === undefined ? [] : [[id, StartTime.toISOString()] as const]
      }))
    },
    /** HonorCooldown: a group that has just been scaled by someone else is left alone. */
    setDesired: async (target: string, DesiredCapacity: number, given: Call): Promise<void> =>
      void (await call(target, 'repeatable', given, (sdk, client, how) =>
        client.send(new sdk.SetDesiredCapacityCommand({ AutoScalingGroupName: target, DesiredCapacity, HonorCooldown: true }), how))),
    /** Repeatable, since only the instance that is named can ever end by it. */
    terminate: async (InstanceId: string, { shrink }: { shrink: boolean }, given: Call): Promise<void> =>
      void (await call(InstanceId, 'repeatable', given, (sdk, client, how) =>
        client.send(new sdk.TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: shrink }), how))),
    markUnhealthy: async (InstanceId: string, given: Call): Promise<void> =>
      void (await call(InstanceId, 'repeatable', given, (sdk, client, how) =>
        client.send(new sdk.SetInstanceHealthCommand({ InstanceId, HealthStatus: 'Unhealthy', ShouldRespectGracePeriod: true }), how))),
    close: (): void => void loading?.then(({ client }) => client.destroy(), () => undefined),
  }
}

interface Sending {
  readonly abortSignal: AbortSignal
  readonly requestTimeout: number
}

const sending = ({ signal, deadlineMs }: Attempt): Sending => ({ abortSignal: signal, requestTimeout: Math.max(1, Math.round(deadlineMs)) })

/** Credentials come as everywhere with AWS: from the environment, files, or the instance's role. */
const connect = async ({ region, endpoint, sockets }: { region: string; endpoint: string | undefined; sockets: number }): Promise<{ sdk: Sdk; client: AutoScalingClient }> => {
  const sdk = await import('@aws-sdk/client-auto-scaling')
  const proxyEnv = proxyOf()
  const agent = { keepAlive: true, maxSockets: sockets, ...(proxyEnv ? { proxyEnv } : {}) }
  const client = new sdk.AutoScalingClient({
    region, maxAttempts: 1, ...(endpoint === undefined ? {} : { endpoint }),
    requestHandler: { connectionTimeout: connectMs, throwOnRequestTimeout: true, httpAgent: agent, httpsAgent: agent },
  })
  return { sdk, client }
}

const throttles = new Set(['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'RequestThrottled'])
const throttledMs = 1000

/** Whatever AWS says with 4xx it says in good health, but for throttling. */
const awsMeaning = (error: unknown): Meaning => {
  const { name = '', $metadata: { httpStatusCode = 0 } = {} } = error as { name?: string; $metadata?: { httpStatusCode?: number } }
  if (throttles.has(name)) return { afterMs: throttledMs }
  return httpStatusCode >= 400 && httpStatusCode < 500 ? 'answered' : 'fault'
}

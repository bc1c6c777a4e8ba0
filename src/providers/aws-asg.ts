/**
 * The provider `aws-asg`: Auto Scaling groups that carry a tag. Only the desired capacity is ever set, as an absolute
 * number, never a minimum or maximum: raising or lowering those starts and ends instances by itself. A group has no
 * version of its own, so what was read is the version, and changes of one group go one after the other.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Edges } from '../edge/edges.ts'
import { awsClient, type AwsOptions } from './aws-client.ts'
import { protectedOf, sizeOfGroup } from './aws-group.ts'
import { InTurn } from './in-turn.ts'
import { mustSet, outOfBounds, ProviderError, targetUnknown, withinDeadline, type Call, type Condition, type NodeWork, type Provider, type Size } from './provider.ts'

export interface AwsAsgOptions extends AwsOptions {
  /** Instances that are ready nodes of the cluster, by id: one that is in service and never joined is not ready. */
  readonly joined?: (call: Call) => Promise<ReadonlySet<string>>
  /** Of the cluster whose nodes they become: they are this provider's nodes too. */
  readonly nodes?: NodeWork
  /** How long to wait before a group that is busy is asked again. */
  readonly busyMs?: number
}

export function awsAsg({ joined, nodes, busyMs = 5000, ...options }: AwsAsgOptions, edges: Edges): Provider {
  const aws = awsClient(options, edges)
  const inTurn = new InTurn()

  const read = async (target: string, call: Call): Promise<Size> => {
    const [group] = isName(target) ? await aws.groups(call, target) : []
    if (group === undefined) throw targetUnknown(target, (await aws.groups(call)).map(({ AutoScalingGroupName }) => AutoScalingGroupName!))
    const [launches, nodes] = await Promise.all([aws.launches(target, call), joined?.(call)])
    return sizeOfGroup(group, launches, nodes)
  }

  /** Reads, judges, changes, reads. While AWS refuses for an activity or a cooldown in progress it begins anew, as long as there is time. */
  const change = async (target: string, call: Call, judge: (now: Size) => boolean, make: () => Promise<void>): Promise<Size> => {
    // The last quarter is left for the reading and the call that follow a pause.
    const until = performance.now() + 0.75 * call.deadlineMs
    for (;;) {
      const now = await read(target, call)
      if (!judge(now)) return now
      try {
        await make()
        return await read(target, call)
      } catch (error) {
        if (!/^ScalingActivityInProgress/.test((error as Error).name)) throw error
        if (performance.now() + busyMs >= until) throw new ProviderError('Busy', `${target} is still busy with another change, or cools down from one: ${(error as Error).message}`, { cause: error })
        await sleep(busyMs, undefined, { signal: call.signal })
      }
    }
  }

  const set = (target: string, replicas: number, condition: Condition, call: Call): Promise<Size> =>
    change(target, call, (now) => {
      if (!mustSet(target, replicas, now, condition)) return false
      const kept = protectedOf(now)
      if (replicas < kept.length) throw new ProviderError('Protected', `${target} cannot have ${replicas}: ${kept.length} of its instances are protected from scale-in (${kept.slice(0, 5).join(', ')})`)
      return true
    }, () => aws.setDesired(target, replicas, call))

  /** Nothing is done for a member that is gone, so that it may be said twice. */
  const onMember = (target: string, member: string, call: Call, make: () => Promise<void>, may: (now: Size) => void = () => undefined): Promise<Size> =>
    change(target, call, (now) => {
      if (!now.members.some(({ id }) => id === member)) return false
      if (protectedOf(now).includes(member)) throw new ProviderError('Protected', `${member} of ${target} is protected from scale-in: somebody wants to keep it`)
      may(now)
      return true
    }, make)

  const within = (target: string, call: Call, work: (call: Call) => Promise<Size>): Promise<Size> =>
    withinDeadline(target, call, (signal) => inTurn.run(target, signal, () => work({ signal, deadlineMs: call.deadlineMs })))
  return {
    name: 'aws-asg',
    read: (target, call) => withinDeadline(target, call, (signal) => read(target, { ...call, signal })),
    list: (call) => withinDeadline('the list of groups', call, async (signal) =>
      (await aws.groups({ ...call, signal })).map(({ AutoScalingGroupName, AutoScalingGroupARN }) => ({ name: AutoScalingGroupName!, id: AutoScalingGroupARN! }))),
    set: (target, replicas, condition) => within(target, condition, (call) => set(target, replicas, condition, call)),
    restart: (target, member, call) => within(target, call, (given) => onMember(target, member, given, () => aws.terminate(member, { shrink: false }, given))),
    remove: (target, member, call) => within(target, call, (given) =>
      onMember(target, member, given, () => aws.terminate(member, { shrink: true }, given), (now) => {
        if (now.replicas - 1 < now.min) throw outOfBounds(target, now.replicas - 1, now)
      })),
    markUnhealthy: (target, member, call) => within(target, call, (given) => onMember(target, member, given, () => aws.markUnhealthy(member, given))),
    ...(nodes ? { nodes } : {}),
    close: async () => aws.close(),
  }
}

/** What cannot be the name of a group does not reach AWS. */
const isName = (target: string): boolean => /^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(target)

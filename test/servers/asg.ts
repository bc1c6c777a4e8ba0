/**
 * Auto Scaling as AWS documents it, where the emulators are lenient: it enforces bounds, refuses while an activity or a
 * cooldown is in progress, and takes its time. What it does follows, where nothing else is said, the API reference of
 * Amazon EC2 Auto Scaling (API version 2011-01-01).
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeGroup {
  name: string
  tags: Record<string, string>
  min: number
  max: number
  desired: number
  instances: FakeInstance[]
  /** "The amount of time to wait for a previous scaling activity to take effect": SetDesiredCapacity with HonorCooldown is refused until then. */
  cooldownUntil: number
  version: number
}

interface FakeInstance {
  id: string
  state: 'Pending' | 'InService' | 'Terminating'
  health: 'Healthy' | 'Unhealthy'
  isProtected: boolean
  launchedAt: Date
}

type Params = Record<string, string>
class Fault extends Error {
  readonly code: string
  readonly status: number
  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

export async function startAsg({ pendingMs = 30, endingMs = 30 } = {}) {
  const groups = new Map<string, FakeGroup>()
  const timers = new Set<NodeJS.Timeout>()
  const calls: { action: string; params: Params }[] = []
  let next = 1
  const faults: (Fault | 'hang' | 'cut' | 'garbage')[] = []

  const later = (ms: number, work: () => void): void => {
    const timer = setTimeout(() => (timers.delete(timer), work()), ms)
    timers.add(timer)
  }
  const groupOf = (name: string | undefined): FakeGroup => {
    const group = groups.get(name ?? '')
    if (!group) throw new Fault('ValidationError', `AutoScalingGroup name not found - AutoScalingGroup ${name} not found`)
    return group
  }
  /** Instances come and go until there are as many as desired; "the default termination policy" is oldest first here. */
  const settle = (group: FakeGroup): void => {
    const living = group.instances.filter(({ state }) => state !== 'Terminating')
    for (let missing = group.desired - living.length; missing > 0; missing--) {
      // Lifecycle: Pending, then InService.
      const one: FakeInstance = { id: `i-${String(next++).padStart(17, '0')}`, state: 'Pending', health: 'Healthy', isProtected: false, launchedAt: new Date() }
      group.instances.push(one)
      later(pendingMs, () => {
        if (one.state === 'Pending') one.state = 'InService'
      })
    }
    // "Instance scale-in protection": such an instance is not ended by scale in.
    for (const one of living.filter(({ isProtected }) => !isProtected).slice(0, Math.max(0, living.length - group.desired))) end(group, one)
  }
  const end = (group: FakeGroup, one: FakeInstance): void => {
    one.state = 'Terminating'
    later(endingMs, () => {
      group.instances = group.instances.filter((other) => other !== one)
    })
  }

  const actions: Record<string, (params: Params) => string> = {
    DescribeAutoScalingGroups: (params) => {
      const names = Object.entries(params).filter(([key]) => key.startsWith('AutoScalingGroupNames.member.')).map(([, value]) => value)
      const [tag, value] = [params['Filters.member.1.Name']?.replace(/^tag:/, ''), params['Filters.member.1.Values.member.1']]
      const found = [...groups.values()].filter(({ name, tags }) => (names.length === 0 || names.includes(name)) && (tag === undefined || tags[tag] === value))
      return `<AutoScalingGroups>${found.map(groupXml).join('')}</AutoScalingGroups>`
    },
    DescribeScalingActivities: ({ AutoScalingGroupName }) => {
      const { instances } = groupOf(AutoScalingGroupName)
      const one = ({ id, launchedAt }: FakeInstance): string => `<member><ActivityId>${id}</ActivityId><AutoScalingGroupName>${AutoScalingGroupName}</AutoScalingGroupName><Cause>x</Cause><StatusCode>Successful</StatusCode>` +
        `<Description>Launching a new EC2 instance: ${id}</Description><StartTime>${launchedAt.toISOString()}</StartTime></member>`
      return `<Activities>${instances.map(one).join('')}</Activities>`
    },
    SetDesiredCapacity: ({ AutoScalingGroupName, DesiredCapacity, HonorCooldown }) => {
      const group = groupOf(AutoScalingGroupName)
      const desired = Number(DesiredCapacity)
      // API reference, SetDesiredCapacity: the number must be within the minimum and maximum size of the group.
      if (desired > group.max) throw new Fault('ValidationError', `New SetDesiredCapacity value ${desired} is above max value ${group.max} for the AutoScalingGroup.`)
      if (desired < group.min) throw new Fault('ValidationError', `New SetDesiredCapacity value ${desired} is below min value ${group.min} for the AutoScalingGroup.`)
      // "HonorCooldown: Indicates whether Amazon EC2 Auto Scaling waits for the cooldown period to complete"; errors: ScalingActivityInProgress, HTTP 400.
      if (HonorCooldown === 'true' && Date.now() < group.cooldownUntil) throw new Fault('ScalingActivityInProgress', `Scaling activity is in progress and blocked by Cooldown for ${AutoScalingGroupName}`)
      group.desired = desired
      settle(group)
      return ''
    },
    TerminateInstanceInAutoScalingGroup: ({ InstanceId, ShouldDecrementDesiredCapacity }) => {
      const group = [...groups.values()].find(({ instances }) => instances.some(({ id }) => id === InstanceId))
      if (!group) throw new Fault('ValidationError', `Instance Id not found - No managed instance found for instance ID: ${InstanceId}`)
      if (ShouldDecrementDesiredCapacity === 'true') {
        if (group.desired - 1 < group.min) throw new Fault('ValidationError', 'Currently, desiredSize equals minSize. Terminating instance without replacement will violate group\'s min size constraint.')
        group.desired -= 1
      }
      end(group, group.instances.find(({ id }) => id === InstanceId)!)
      settle(group)
      return '<Activity><ActivityId>a</ActivityId><AutoScalingGroupName>x</AutoScalingGroupName><Cause>x</Cause><StartTime>2026-01-01T00:00:00Z</StartTime><StatusCode>InProgress</StatusCode></Activity>'
    },
    SetInstanceHealth: ({ InstanceId, HealthStatus }) => {
      const group = [...groups.values()].find(({ instances }) => instances.some(({ id }) => id === InstanceId))!
      const one = group.instances.find(({ id }) => id === InstanceId)!
      one.health = HealthStatus as 'Unhealthy'
      // "Auto Scaling terminates and replaces unhealthy instances", at its next check.
      later(pendingMs, () => (end(group, one), settle(group)))
      return ''
    },
  }

  const server = createServer((req, res) => void bodyOf(req).then((body) => {
    const params = Object.fromEntries(new URLSearchParams(body)) as Params
    const action = params['Action'] ?? ''
    calls.push({ action, params })
    const fault = faults.shift()
    if (fault === 'hang') return
    if (fault === 'cut') return void res.destroy()
    if (fault === 'garbage') return void res.writeHead(200, { 'content-type': 'text/xml' }).end('<html>half of')
    try {
      if (fault) throw fault
      const answer = actions[action]?.(params)
      if (answer === undefined) throw new Fault('InvalidAction', action)
      res.writeHead(200, { 'content-type': 'text/xml' }).end(`<${action}Response xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><${action}Result>${answer}</${action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`)
    } catch (problem) {
      const { code = 'InternalFailure', status = 500, message } = problem as Fault
      res.writeHead(status, { 'content-type': 'text/xml' }).end(`<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`)
    }
  }))
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, groups, calls,
    /** The next calls end so, one each. */
    fail: (...next: (readonly [code: string, status: number] | 'hang' | 'cut' | 'garbage')[]): void => void faults.push(...next.map((one) => (typeof one === 'string' ? one : new Fault(one[0], 'as told', one[1])))),
    group(name: string, more: Partial<FakeGroup> = {}): FakeGroup {
      const group: FakeGroup = { name, tags: { paramedic: 'true' }, min: 1, max: 4, desired: 2, instances: [], cooldownUntil: 0, version: 1, ...more }
      groups.set(name, group)
      settle(group)
      return group
    },
    close: async (): Promise<void> => {
      for (const timer of timers) clearTimeout(timer)
      server.closeAllConnections()
      await new Promise((go) => server.close(go))
    },
  }
}

const groupXml = ({ name, tags, min, max, desired, instances }: FakeGroup): string =>
  `<member><AutoScalingGroupName>${name}</AutoScalingGroupName><AutoScalingGroupARN>arn:aws:autoscaling:x:1:autoScalingGroup:1:autoScalingGroupName/${name}</AutoScalingGroupARN>` +
  `<MinSize>${min}</MinSize><MaxSize>${max}</MaxSize><DesiredCapacity>${desired}</DesiredCapacity><Instances>${instances.map(({ id, state, health, isProtected }) =>
    `<member><InstanceId>${id}</InstanceId><LifecycleState>${state}</LifecycleState><HealthStatus>${health}</HealthStatus><ProtectedFromScaleIn>${isProtected}</ProtectedFromScaleIn><AvailabilityZone>a</AvailabilityZone></member>`).join('')}</Instances>` +
  `<Tags>${Object.entries(tags).map(([key, value]) => `<member><Key>${key}</Key><Value>${value}</Value><ResourceId>${name}</ResourceId></member>`).join('')}</Tags></member>`

const bodyOf = async (req: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

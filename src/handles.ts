/** What scripts read and change the outside through: the sizes of services, the machines of a cluster. */

/** What a provider says of a target. Sizes are counts of replicas (or nodes). */
export interface Size {
  readonly id: string
  readonly replicas: number
  readonly ready: number
  /** Changes with every change of the target, whoever made it. */
  readonly version: string
  readonly min: number
  readonly max: number
  readonly labels: Readonly<Record<string, string>>
  /** Whether it is still on its way from one state to another, whoever sent it there; not given where the provider cannot say. */
  readonly rollingOut?: boolean
  /** Whether another controller sets its size; not given where the provider cannot say. */
  readonly autoscaled?: boolean
  /** Each replica, oldest first, for what restarts one at a time. A `protected` one is not ended: somebody said so to the provider. */
  readonly members: readonly { readonly id: string; readonly ready: boolean; readonly startedAt: string; readonly protected?: boolean }[]
}

/** What a target ran, or runs, as the outside itself remembers it. */
export interface Revision {
  readonly revision: string
  readonly current: boolean
  /** When it was made. */
  readonly at: string
}

export interface ReadScale {
  /** Throws `TargetUnknown` if there is no such target, `TargetUnreachable` if the provider cannot say. */
  read(target: string): Promise<Size>
  list(): Promise<readonly { readonly name: string; readonly id: string }[]>
  /** The youngest first, the one that runs among them. Where the provider can (`kubernetes`, `swarm`). */
  history(target: string): Promise<readonly Revision[]>
}

export interface Scale extends ReadScale {
  /**
   * Absolute, so that saying it twice is harmless. Refused outside the target's bounds, and where `version` is given
   * and no longer true. Said `toward: 'up'` it never lowers, and `'down'` never raises, whatever became of the size meanwhile.
   */
  set(target: string, replicas: number, options?: { version?: string; toward?: 'up' | 'down' }): Promise<Size>
  /** Replaces one member by a fresh one. Saying it again for a member that is gone does nothing. */
  restart(target: string, member: string): Promise<Size>
  /** Ends one member for good: the target has one fewer. Where the provider can (`aws-asg`). Repeating it does nothing. */
  remove(target: string, member: string): Promise<Size>
  /** Has the outside replace a member that it takes for well, at its own pace. Where the provider can (`aws-asg`). */
  markUnhealthy(target: string, member: string): Promise<Size>
  /** Rolls all members over, as the outside itself does it (`kubernetes`). With the stamp of the last time it does nothing. */
  restartAll(target: string, stamp: string): Promise<Size>
  /** Runs again what it ran as `revision`; the size stays. Saying it again does nothing; refused where `version` is given and no longer true. */
  rollBack(target: string, revision: string, options?: { version?: string }): Promise<Size>
}

export interface Node {
  readonly name: string
  readonly ready: boolean
  /** Nothing new is placed there. */
  readonly cordoned: boolean
  /** Of the cloud, where the cluster says. */
  readonly instance?: string
}

export interface ReadNodes {
  list(): Promise<readonly Node[]>
  read(node: string): Promise<Node>
}

/** The machines of a cluster, where the provider has them (`kubernetes`). Everything may be said twice. */
export interface Nodes extends ReadNodes {
  cordon(node: string): Promise<Node>
  uncordon(node: string): Promise<Node>
  /** Cordoned, and all that runs there has ended, at the pace that disruption budgets allow. */
  drain(node: string): Promise<Node>
  /** Rolls over what is labelled for it, so that nodes that are new get their share; the names of those. With the stamp of the last time it does nothing. */
  rebalance(stamp: string): Promise<readonly string[]>
}

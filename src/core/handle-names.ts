/** The handles of a script, by name: what it may ask of its provider. Nothing else is passed on. */

/** Those that change nothing: a plan and a probe have no others. */
export const readingHandles: ReadonlySet<string> = new Set(['scale.read', 'scale.list', 'scale.history', 'nodes.list', 'nodes.read'])

export const handleNames: ReadonlySet<string> = new Set([
  ...readingHandles, 'scale.set', 'scale.restart', 'scale.restartAll', 'scale.rollBack', 'scale.remove', 'scale.markUnhealthy', 'nodes.cordon', 'nodes.uncordon', 'nodes.drain', 'nodes.rebalance',
])

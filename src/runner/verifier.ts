/** Proves that the alert went away: by the runbook's own probe where it has one, and by the alert's end. */
import { verificationsDue } from '../core/due.ts'
import type { Workflow } from '../core/workflow.ts'
import type { Actor } from '../follow/follower.ts'
import { inFlight } from '../follow/in-flight.ts'
import { freshMs } from '../follow/control.ts'
import type { RunnerDeps } from './deps.ts'
import { handlesOf, inputOf } from './planner.ts'

const askEveryMs = 1000
const probeTimeoutMs = 10_000

export const createVerifier = (deps: RunnerDeps): Actor => {
  const busy = inFlight(deps)
  const askedAt = new Map<string, number>()
  return () => {
    const now = deps.seat().now
    for (const workflow of busy.idle(verificationsDue(deps.state, deps.seat()), (one) => one.id)) {
      const over = now - workflow.since > workflow.healedWithinMs
      if (!over && now - (askedAt.get(workflow.id) ?? -Infinity) < askEveryMs) continue
      askedAt.set(workflow.id, now)
      busy.during([workflow.id], async () => {
        await verify(workflow, over, deps)
        if (workflow.state !== 'verifying') askedAt.delete(workflow.id)
      })
    }
  }
}

const verify = async (workflow: Workflow, over: boolean, deps: RunnerDeps): Promise<void> => {
  const { id, turn } = workflow
  const fires = await firesStill(workflow, deps)
  const gone = fires === false
  const well = gone ? await isWell(workflow, deps) : undefined
  if (gone && well !== false) {
    const detail = well === undefined ? 'the alert is gone' : 'the alert is gone and the probe says all is well'
    await deps.folded(await deps.append([
      { kind: 'verified', workflow: id, turn, gone, ...(well === undefined ? {} : { probe: well }), detail },
      { kind: 'ended', workflow: id, turn, state: 'healed', reason: 'alert gone', detail },
    ]))
  } else if (over) {
    const after = `${Math.round(workflow.healedWithinMs / 1000)} s after the last step`
    const detail = gone ? 'the alert is gone, but the probe says that it is not well'
      : fires ? `the alert still fires ${after}` : `whether the alert still fires is not known ${after}: Alertmanager does not say`
    await deps.folded(await deps.append([{ kind: 'ended', workflow: id, turn, state: 'unproven', reason: 'not healed in time', detail }]))
  }
}

/** Undefined where nobody knows. */
const firesStill = async (workflow: Workflow, deps: RunnerDeps): Promise<boolean | undefined> => {
  // A resolved notice also comes when Prometheus dies: where somebody can be asked, his word counts.
  if (deps.alertFires) return deps.alertFires(workflow)
  return workflow.episode === undefined || deps.state.episodes.get(workflow.episode)?.status !== 'resolved'
}

const isWell = async (workflow: Workflow, deps: RunnerDeps): Promise<boolean | undefined> => {
  if (!workflow.probe) return undefined
  const script = await deps.scriptOf(workflow.runbook)
  if (!script || !deps.lease.fresh()) return false
  const id = `verify:${workflow.id}:${deps.newId().slice(-6)}`
  const outcome = await deps.jobs().start({
    id, workflow: id, ...script, phase: 'verify', input: inputOf(deps.state, workflow), timeoutMs: probeTimeoutMs, memoryMb: 512,
    notAfterBoottimeMs: deps.lease.sentAt() + freshMs,
  }, handlesOf(workflow, deps, probeTimeoutMs)).result
  deps.jobs().release(id)
  return outcome.kind === 'done' && outcome.output === true
}

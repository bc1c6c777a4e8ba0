/**
 * Restarts a unit of systemd on this machine, and waits until it is active.
 *
 * What: `systemctl restart` of the unit that the alert names. Which units of which machine it may be is said by a policy
 * of type `targets`, each as `INSTANCE/UNIT`.
 *
 * When: a service that failed or gave up restarting, and that starts well when it is started by hand.
 *
 * When not: it fails for what it is given (a bad release, a full disk, a database that is away): it will fail again.
 */
import { minutes, runbook } from 'paramedic'

export default runbook({
  target: 'instance/name',
  provider: 'host',
  plan: ({ target }) => {
    const unit = target.slice(target.lastIndexOf('/') + 1)
    if (!/^[A-Za-z0-9][A-Za-z0-9:_.@-]*\.(service|socket|timer)$/.test(unit)) return { changes: [], notes: `${unit} is no service, socket or timer` }
    return { changes: [{ target, from: 'failed', to: 'restarted' }], notes: { unit } }
  },
  steps: [
    { name: 'restart', effect: 'repeatable', timeout: minutes(3), run: ({ $, plan }) => $`systemctl restart -- ${plan.notes.unit}` },
    {
      name: 'active', effect: 'read', timeout: minutes(2),
      run: ({ $, plan, poll }) => poll(async () => (await $({ nothrow: true })`systemctl is-active --quiet -- ${plan.notes.unit}`).exitCode === 0, { everyMs: 1000 }),
    },
  ],
  healedWithin: minutes(10),
})

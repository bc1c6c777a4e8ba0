/**
 * The runbook that goes wrong: it is to clean a disk and hangs, with a child that left its process group and one that
 * ignores TERM. Somebody wrote it on a bad day; the demo's emergency stop ends it.
 */
import { minutes, runbook } from 'paramedic'

export default runbook({
  target: 'service',
  plan: ({ target }) => ({ changes: [{ target, from: 'disk 91 % full', to: 'old files removed' }] }),
  steps: [
    {
      name: 'remove old files', effect: 'repeatable', timeout: minutes(10),
      run: async ({ $, log }) => {
        log('looking for old files …')
        await $`trap '' TERM; (setsid sleep 3600 </dev/null >/dev/null 2>&1 &); sleep 3600`
      },
    },
  ],
})

/**
 * Grows a tree that does not want to die: it ignores TERM, a grandchild leaves the process group and the session, another
 * forgets its environment. Each carries the mark of its alert; the root writes a line every 10 ms for as long as it lives, with who it is and the time.
 */
import { minutes, runbook } from 'paramedic'

export default runbook({
  target: 'service',
  plan: ({ target }) => ({ changes: [{ target, from: 'no tree', to: 'a tree' }] }),
  steps: [
    {
      name: 'grow', effect: 'repeatable', timeout: minutes(10),
      run: async ({ $, labels, target }) => {
        const { mark, file } = labels
        await $`trap '' TERM HUP INT
          setsid bash -c 'trap "" TERM HUP INT; (exec -a "$0" sleep 3600) & wait' ${mark} &
          env -i setsid bash -c 'trap "" TERM; (exec -a "$0" sleep 3600) & wait' ${mark} &
          bash -c 'exec 3<> <(:); me=$EPOCHREALTIME; while :; do echo "$1 $me $EPOCHREALTIME" >> "$2"; read -rt 0.01 -u 3; done' ${mark} ${target} ${file}`
      },
    },
  ],
  healedWithin: minutes(10),
})

/** Says something, also what a file says, waits until a file is there, says something more, and fails where it is asked to. */
import { minutes, runbook } from 'paramedic'

export default runbook({
  target: 'service',
  plan: ({ target }) => ({ changes: [{ target, from: 'silent', to: 'heard' }] }),
  steps: [{
    name: 'talk', effect: 'repeatable', timeout: minutes(1),
    run: async ({ $, labels }) => {
      console.log('before the gate')
      if (labels['gate']) await $`sh -c 'until [ -e "$1" ]; do sleep 0.05; done' sh ${labels['gate']}`
      console.log('behind the gate')
      if (labels['reads']) await $`cat ${labels['reads']}`
      if (labels['fails']) throw new Error('as it was asked to')
    },
  }],
  healedWithin: minutes(10),
})

/** Writes down in a file what it does, so that a test sees from outside what ran, in which order, and how often. */
import { minutes, runbook, type StepContext } from 'paramedic'

const note = async ({ $, labels, target }: StepContext, text: string): Promise<void> => {
  const line = `${target} ${text}`
  await $`echo ${line} >> ${labels['file']}`
}
/** For as long as `hold` says, and until the file is there that the label of this name has. */
const hold = async ({ $, labels }: StepContext, gate: string): Promise<void> => {
  await $`sleep ${labels['hold'] ?? '0'}`
  if (labels[gate]) await $`sh -c 'until [ -e "$1" ]; do sleep 0.05; done' sh ${labels[gate]}`
}

export default runbook({
  target: 'service',
  plan: ({ target }) => ({ changes: [{ target, from: 'not noted', to: 'noted' }] }),
  steps: [
    { name: 'first', effect: 'repeatable', timeout: minutes(1), run: (context) => note(context, 'first') },
    {
      name: 'only once', effect: 'once', timeout: minutes(1),
      run: async (context) => {
        await note(context, 'once begins')
        await hold(context, 'onceGate')
        await note(context, 'once ends')
        return { noted: true }
      },
    },
    {
      name: 'last', effect: 'repeatable', timeout: minutes(1),
      run: async (context) => {
        await note(context, 'last begins')
        await hold(context, 'lastGate')
        await note(context, 'last ends')
      },
    },
  ],
  healedWithin: minutes(10),
})

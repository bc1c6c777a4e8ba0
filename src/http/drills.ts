/** Drills, by people who want to know that it works before it must. */
import { drills, type Drill } from '../core/entry.ts'
import { answer } from './answer.ts'
import type { Call } from './call.ts'
import { Refusal } from './errors.ts'
import { busy } from './shares.ts'
import { durably } from './word.ts'

let underWay = false

export async function drill({ res, ports, caller, id }: Call): Promise<void> {
  if (!drills.includes(id as Drill)) throw new Refusal('NOT_FOUND', `There are the drills ${drills.join(', ')}.`)
  if (underWay) throw busy('A drill is under way.')
  underWay = true
  try {
    const { kind: _, ...drilled } = await durably(ports.drill(id as Drill, caller.name), 'The log did not take what came of it.')
    answer(res, 200, drilled)
  } finally {
    underWay = false
  }
}

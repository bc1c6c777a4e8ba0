/** Drills, by people who want to know that it works before it must. */
import { drills, type Drill } from '../core/entry.ts'
import { LogError } from '../log/log.ts'
import { answer } from './answer.ts'
import type { Call } from './call.ts'
import { later, Refusal } from './errors.ts'

let underWay = false

export async function drill({ res, ports, caller, id }: Call): Promise<void> {
  if (!drills.includes(id as Drill)) throw new Refusal('NOT_FOUND', `There are the drills ${drills.join(', ')}.`)
  if (underWay) throw new Refusal('BUSY', 'A drill is under way.', { headers: later() })
  underWay = true
  try {
    const { kind: _, ...drilled } = await ports.drill(id as Drill, caller.name)
    answer(res, 200, drilled)
  } catch (problem) {
    if (!(problem instanceof LogError)) throw problem
    throw new Refusal('NOT_DURABLE', 'The log did not take what came of it.', { headers: later() })
  } finally {
    underWay = false
  }
}

/** A notice as it is now, with what only the log has: the last that a step printed before it died. */
import type { Printed } from '../core/entry.ts'
import type { Seat } from '../core/seat.ts'
import type { Notice } from '../core/notice.ts'
import type { State } from '../core/state.ts'
import type { NoticeView } from './message.ts'
import { printedPosition, viewOf, type Seen } from './view.ts'

export interface Sight {
  readonly state: State
  readonly seat: () => Seat
  /** Those that tick and run. */
  readonly runners?: () => Seen['runners']
  /** What the entry there says that a job printed; undefined where the log holds it no more, or is slow. */
  readonly printedAt?: (position: number) => Promise<Printed | undefined>
}

export const look = async (sight: Sight, notice: Notice): Promise<NoticeView> => {
  const position = printedPosition(sight.state, notice)
  const printed = position === undefined ? undefined : await sight.printedAt?.(position)
  return viewOf({ ...seenBy(sight), ...(printed ? { printed: printed.tail } : {}) }, notice)
}

export const seenBy = ({ state, seat, runners }: Sight): Seen => ({ state, now: seat().now, runners: runners?.() ?? [] })

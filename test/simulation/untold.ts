import type { Notice } from '../../src/core/notice.ts'
import type { State } from '../../src/core/state.ts'

/** What people were not told of. What was told in a digest has no message of its own: what changes of it may wait for ten minutes. */
export const untold = (state: State): Notice[] => [...state.notices.values()].filter(({ sent, revision }) => !sent || (sent.ts !== '' && sent.revision < revision))

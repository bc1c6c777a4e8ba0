/** All that a log still holds: from its beginning, or from where its retention has cut it. */
import { LogError, type Position } from './log.ts'

export async function* allOf<T>(follow: (from: Position) => AsyncIterable<T> | Iterable<T>): AsyncGenerator<T, void, void> {
  try {
    yield* follow(0)
  } catch (problem) {
    if (!(problem instanceof LogError) || problem.oldest === undefined) throw problem
    yield* follow(problem.oldest)
  }
}

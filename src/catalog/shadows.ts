import type { Problem } from './problem.ts'
import type { WrittenRoutes } from './routes.ts'
export function checkShadows(_: WrittenRoutes): Problem[] { return [] }

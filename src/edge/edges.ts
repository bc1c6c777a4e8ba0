/** Every edge of this process, with the settings that its configuration gives them all. */
import { Edge, type EdgeOptions, type EdgeView } from './edge.ts'
import type { EdgeErrorName } from './error.ts'
import type { EdgeMode, EdgeSettings } from './settings.ts'

export interface EdgesOptions {
  readonly settings: EdgeSettings
  /** By edge; the others are on. */
  readonly modes?: Readonly<Record<string, EdgeMode>>
  readonly onTried?: (edge: string, ok: boolean, tookMs: number) => void
  readonly onRefused?: (edge: string, why: EdgeErrorName) => void
}

export function createEdges({ settings, modes = {}, onTried, onRefused }: EdgesOptions) {
  const edges: Edge[] = []
  return {
    open(name: string, options: Pick<EdgeOptions, 'meaning' | 'endpoints'>): Edge {
      const edge = new Edge({
        name, ...options, settings: { ...settings, mode: modes[name] ?? settings.mode },
        onTried: (ok, tookMs) => onTried?.(name, ok, tookMs), onRefused: (why) => onRefused?.(name, why),
      })
      edges.push(edge)
      return edge
    },
    views: (): EdgeView[] => edges.map((edge) => edge.view()),
    sockets: settings.bulkhead.atOnce,
  }
}
export type Edges = ReturnType<typeof createEdges>

/** Every edge of this process, with the settings that its configuration gives them all. */
import { Edge, type EdgeOptions, type EdgeView } from './edge.ts'
import type { EdgeErrorName } from './error.ts'
import type { EdgeMode, EdgeSettings } from './settings.ts'
import { switchedMode, type Switching } from './switches.ts'

export interface EdgesOptions extends Switching {
  readonly settings: EdgeSettings
  readonly onTried?: (edge: string, ok: boolean, tookMs: number) => void
  readonly onRefused?: (edge: string, why: EdgeErrorName) => void
  readonly onDegraded?: (edge: string, mode: EdgeMode) => void
}

export function createEdges({ settings, onTried, onRefused, onDegraded, ...switching }: EdgesOptions) {
  const edges: Edge[] = []
  return {
    open(name: string, options: Pick<EdgeOptions, 'meaning' | 'endpoints'>): Edge {
      const edge = new Edge({
        name, ...options, settings, modeOf: (kind) => switchedMode(switching, name, kind) ?? settings.mode, onDegraded: (mode) => onDegraded?.(name, mode),
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

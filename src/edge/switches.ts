/**
 * Degradation switches, by edge (`slack`) and by what its calls do (`kubernetes/read`, `kubernetes/change`). Three levels, each above
 * the next: what the configuration forces off; the log, hot; the configuration. They say how the outside is called and nothing
 * else: no policy and no stop looks at them.
 */
import type { EdgeMode } from './settings.ts'

export const callKinds = ['read', 'change'] as const
export type CallKind = (typeof callKinds)[number]

export interface Switching {
  /** Of the configuration. */
  readonly modes?: Readonly<Record<string, EdgeMode>>
  /** Of the log, as it is now. */
  readonly switched?: () => ReadonlyMap<string, { readonly mode: EdgeMode }>
  /** Off, whatever the log says. */
  readonly forcedOff?: readonly string[]
  /** Without it nothing is made up (`mock`), and nothing passes what protects the outside (`direct`). */
  readonly allowInProduction?: boolean
}

/** How such a call of this edge goes; undefined where no level says. */
export const switchedMode = ({ modes = {}, switched, forcedOff = [], allowInProduction = false }: Switching, edge: string, kind: CallKind): EdgeMode | undefined => {
  const names = [`${edge}/${kind}`, edge]
  if (names.some((name) => forcedOff.includes(name))) return 'off'
  const log = switched?.()
  const found = names.map((name) => log?.get(name)?.mode).find((mode) => mode !== undefined) ?? names.map((name) => modes[name]).find((mode) => mode !== undefined)
  return found !== undefined && needsLeave(found) && !allowInProduction ? undefined : found
}

export const needsLeave = (mode: EdgeMode): boolean => mode === 'mock' || mode === 'direct'

/** Of an edge, or of one kind of its calls. */
export const isSwitch = (name: string): boolean => /^[a-z][a-z0-9-]{0,62}(?:\/(?:read|change))?$/.test(name)

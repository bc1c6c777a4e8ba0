/**
 * Labels are what a sender chose to write: hostile text under hostile names (`__proto__` is a legal one). They live in
 * a Map, where no name means anything but itself, and a missing label is "", as it is for Prometheus.
 */
export type Labels = ReadonlyMap<string, string>

export const label = (labels: Labels, name: string): string => labels.get(name) ?? ''

/** What a label names, or several of them joined by `/`; "" if one of them is missing, or holds a `/` and so could name something else. */
export const namedBy = (labels: Labels, path: string): string => {
  const names = path.split('/')
  if (names.length === 1) return label(labels, path)
  const values = names.map((name) => label(labels, name))
  return values.some((value) => value === '' || value.includes('/')) ? '' : values.join('/')
}

/** For JSON and for people. `Object.fromEntries` defines own properties, so `__proto__` stays a key among others. */
export const plainLabels = (labels: Labels): Record<string, string> => Object.fromEntries(labels)

/** From names and values in turn. */
export const labelMap = (flat: readonly string[]): Labels => {
  const labels = new Map<string, string>()
  for (let i = 0; i < flat.length; i += 2) labels.set(flat[i]!, flat[i + 1]!)
  return labels
}

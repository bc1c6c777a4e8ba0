/** Times as RFC 3339 in UTC; undefined stays undefined. */
export const time = (ms: number): string => new Date(ms).toISOString()

export const maybe = <K extends string, T, U>(name: K, value: T | undefined, as: (value: T) => U): { [P in K]?: U } =>
  (value === undefined ? {} : { [name]: as(value) }) as { [P in K]?: U }

export const same = <T>(value: T): T => value

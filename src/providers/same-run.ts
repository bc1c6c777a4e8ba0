/** What a template runs, as a text to compare: that it was only rolled over makes no other of it, and nor does what was empty before. */
export function whatRuns(template: unknown, stamps: readonly string[]): string {
  return JSON.stringify(template, (key, value: unknown) => {
    const isNothing = typeof value === 'object' && value !== null && Object.keys(value).every((inner) => stamps.includes(inner))
    return stamps.includes(key) || isNothing ? undefined : value
  })
}

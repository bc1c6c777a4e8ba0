/** The URL of a file of ours by its name below `src/`: TypeScript in a checkout, its twin in the built server. */
export function ownFile(name: string): string {
  const here = import.meta.url
  return new URL(here.endsWith('.ts') ? `../${name}.ts` : `./${name}.js`, here).href
}

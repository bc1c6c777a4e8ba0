/** The slowest of all pairs of a pattern that is accepted and a label that is taken. It is held to a time, not to a limit. */
import { matches, parseMatchers, type Matchers } from '../../../src/core/matcher.ts'
import { bounds } from '../../../src/core/told.ts'
import type { Figure } from '../figure.ts'

const patterns = [
  '(a+)+', '(a|a)*b', '(.*)*x', '(.*a){8}', '([a-z]+)*[0-9]', '(a?){60}a{60}', '.*.*.*.*.*=.*', '(x+x+)+y', '[^b]*a[^b]{6}', '(?i)(foo|bar|baz)+.*qux', '\\\\pL+[0-9]*',
  `${'(a|b|ab)*'.repeat(20)}c`, `(${Array.from({ length: 300 }, (_, i) => `svc-${i}`).join('|')}).*-[0-9]+`, '(.+-)+[0-9]{1,6}', 'a{0,500}b', '[\\\\s\\\\S]*end',
]
/** As long as a label may be, and laid out in memory as one that was parsed. */
const fill = (text: string): string => JSON.parse(JSON.stringify(text.repeat(Math.floor(bounds.value / Buffer.byteLength(text))))) as string
const values = ['a', 'ab', 'x', 'svc-1-', '-', 'A=', '1', '\u00e4', '\u00e4\u00df', '\u4e2d', '\u{1f600}'].map(fill)

export const figure: Figure = {
  rows: [{ name: 'hostile', what: 'slowest accepted pattern on the worst label', unit: 'ms', goal: { atMost: 1 }, absolute: true }],
  open: async (say) => {
    const accepted = patterns.flatMap((pattern): { pattern: string; matchers: Matchers }[] => {
      try {
        return [{ pattern, matchers: parseMatchers([`label=~"${pattern}"`]) }]
      } catch (problem) {
        say(`refused, which is an answer too: ${pattern.slice(0, 40)}: ${(problem as Error).message.slice(0, 80)}`)
        return []
      }
    })
    return {
      round: async () => {
        let worst = { ms: 0, what: '' }
        for (const { pattern, matchers } of accepted) {
          for (const value of values) {
            const labels = new Map([['label', value]])
            // The least of several: what it costs, without what else the machine did meanwhile.
            const ms = Math.min(...Array.from({ length: 7 }, () => {
              const began = performance.now()
              matches(matchers, labels)
              return performance.now() - began
            }))
            if (ms > worst.ms) worst = { ms, what: `${pattern.slice(0, 40)} on ${value.length} × ${value.slice(0, 4)}` }
          }
        }
        say(`the slowest: ${worst.what}, ${worst.ms.toFixed(3)} ms`)
        return [{ ours: worst.ms, limit: 1 }]
      },
      close: async () => {},
    }
  },
}

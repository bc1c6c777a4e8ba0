/** A run of the closed loop as a picture: latency as Prometheus saw it, the replicas, and the moments between. */
import type { Ran } from './loop.ts'

const [width, height, left, right, top, bottom] = [940, 340, 60, 60, 56, 44]

export function picture({ samples, moments, replicas }: Ran): string {
  const last = Math.max(...samples.map(({ at }) => at))
  const most = Math.max(0.5, ...samples.map(({ latency = 0 }) => latency)) * 1.1
  const x = (seconds: number): number => Math.round(left + (seconds / last) * (width - left - right))
  const y = (share: number): number => Math.round(height - bottom - share * (height - top - bottom))
  const points = samples.flatMap(({ at, latency }) => (latency === undefined ? [] : [`${x(at)},${y(latency / most)}`]))
  const floor = samples.map(({ at, replicas }, index) => `${index === 0 ? 'M' : 'H'}${x(at)}${index === 0 ? ',' : ' V'}${y(replicas / 5)}`).join(' ')
  const marks = [['fires', moments.fired], ['one more replica', moments.scaled], ['healed', moments.healed]] as const
  const ticks = Array.from({ length: Math.floor(last / 5) + 1 }, (_, at) => at * 5)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="A run of the closed loop: under constant load latency rises over 0.3 s, the alert fires after ${moments.fired} s, the replicas go from ${replicas.before} to ${replicas.after}, latency falls, and after ${moments.healed} s it is healed.">
  <rect width="${width}" height="${height}" fill="#fff"/>
  <text x="${left}" y="20" font-size="15" fill="#111">60 requests a second to a service whose replicas serve 25 each</text>
${ticks.map((tick) => `  <text x="${x(tick)}" y="${height - 22}" text-anchor="middle" fill="#555">${tick} s</text>`).join('\n')}
  <line x1="${left}" x2="${width - right}" y1="${y(0)}" y2="${y(0)}" stroke="#999"/>
  <line x1="${left}" x2="${width - right}" y1="${y(0.3 / most)}" y2="${y(0.3 / most)}" stroke="#c33" stroke-dasharray="4 4"/>
  <text x="${left - 6}" y="${y(0.3 / most) + 4}" text-anchor="end" fill="#c33">0.3 s</text>
  <text x="${left - 6}" y="${y(1) + 4}" text-anchor="end" fill="#1658a8">${most.toFixed(1)} s</text>
${marks.map(([text, at], index) => `  <line x1="${x(at)}" x2="${x(at)}" y1="${top - 8}" y2="${y(0)}" stroke="#bbb"/>\n  <text x="${x(at) + 4}" y="${top - 14 + 14 * (index % 2)}" fill="#333">${text}, ${at.toFixed(1)} s</text>`).join('\n')}
  <path d="${floor}" fill="none" stroke="#2a8a4a" stroke-width="2"/>
  <polyline points="${points.join(' ')}" fill="none" stroke="#1658a8" stroke-width="2.5"/>
  <text x="${width - right + 6}" y="${y((samples.at(-1)?.replicas ?? 0) / 5) + 4}" fill="#2a8a4a">${replicas.after}</text>
  <text x="${left}" y="${height - 4}" fill="#1658a8">latency that 9 of 10 requests stay within (Prometheus)</text>
  <text x="${width - right}" y="${height - 4}" text-anchor="end" fill="#2a8a4a">ready replicas</text>
</svg>
`
}

/**
 * Time as the lease needs it: milliseconds since this machine started, asleep or not (CLOCK_BOOTTIME). It never jumps,
 * and two processes of one machine read the same. Node has no call for it; Linux prints it in /proc/uptime, in steps
 * of 10 ms. Elsewhere the steady clock has to do.
 */
import { openSync, readSync } from 'node:fs'

const uptime = ((): number | undefined => {
  try {
    return process.platform === 'linux' ? openSync('/proc/uptime', 'r') : undefined
  } catch {
    return undefined
  }
})()

const bytes = Buffer.alloc(64)

export const boottimeMs = (): number => {
  if (uptime === undefined) return Number(process.hrtime.bigint() / 1_000_000n)
  const length = readSync(uptime, bytes, 0, bytes.length, 0)
  return Math.round(Number.parseFloat(bytes.toString('latin1', 0, length)) * 1000)
}

/** A file system of its own, with little room, where this user may mount one. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

export interface SmallDisk {
  readonly path: string
  /** Takes all the room that is left, until `empty`. */
  fill(): void
  empty(): void
  grow(size: string): void
  unmount(): void
}

/** Undefined where none can be made: then the test is skipped. In CI that is a failure. */
export function smallDisk(t: TestContext, path: string, size: string): SmallDisk | undefined {
  mkdirSync(path)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]).status !== 0) {
    if (process.env['CI'] === 'true') assert.fail('CI mounts, or does not test this')
    t.skip('mounting needs root')
    return undefined
  }
  const filler = join(path, 'in the way')
  return {
    path,
    fill: () => {
      for (let bytes = 1 << 20; bytes >= 1 << 12;) {
        try {
          writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' })
        } catch {
          bytes >>= 1
        }
      }
    },
    empty: () => rmSync(filler),
    grow: (to) => void spawnSync('mount', ['-o', `remount,size=${to}`, path]),
    // Lazily: who is just ending still has a file there.
    unmount: () => void spawnSync('umount', ['-l', path]),
  }
}

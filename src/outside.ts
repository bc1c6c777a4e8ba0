/** What the parts behind the doors have of the world outside: time, chance, streams, children, a file. A simulation hands in its own. */
import { randomUUIDv7 } from 'node:crypto'
import { findCopy } from './catalog/copies.ts'
import type { Workflow } from './core/workflow.ts'
import { tellBy, type TellPeer } from './follow/peers.ts'
import { stopFile, type StopFile } from './follow/stop-file.ts'
import { dialWith } from './http/dial.ts'
import { openStreams, type Streams, type StreamsOptions } from './follow/streams.ts'
import { realClock, type Clock } from './log/clock.ts'
import { boottimeMs } from './runner/boottime.ts'
import type { Script } from './runner/deps.ts'
import { createJobs, type Jobs, type JobsOptions } from './runner/jobs.ts'

export interface Outside {
  readonly clock: Clock
  /** What a lease is measured by: steady time that goes on while the machine sleeps. Milliseconds. */
  readonly boottime: () => number
  /** A UUIDv7. */
  readonly newId: () => string
  readonly openStreams: (options: StreamsOptions) => Promise<Streams>
  readonly createJobs: (options: JobsOptions) => Jobs
  readonly stopFile: (path: string) => StopFile
  readonly tellPeer: TellPeer
  readonly scriptOf: (stateDirectory: string, runbook: Workflow['runbook']) => Promise<Script | undefined>
}

export const realOutside: Outside = {
  clock: realClock,
  boottime: boottimeMs,
  newId: () => randomUUIDv7(),
  openStreams,
  createJobs,
  stopFile,
  tellPeer: tellBy(dialWith({})),
  scriptOf: async (stateDirectory, { digest }) => {
    const copy = findCopy(stateDirectory, digest)
    return copy && { script: copy.script, digest: copy.scriptDigest, files: copy.files }
  },
}

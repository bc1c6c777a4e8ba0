/**
 * A server process for tests that freeze or kill it: it starts one job, which starts processes that hide and appends to
 * a file every 10 ms, keeps its lease fresh, and says on stdout what happens, one JSON per line.
 */
import { boottimeMs } from '../../src/runner/boottime.ts'
import { createJobs } from '../../src/runner/jobs.ts'
import type { WayName } from '../../src/runner/protocol.ts'
import { prepare } from '../contract/kill.ts'

const { folder, way, killAfterMs, word } = JSON.parse(process.env['DRIVER']!) as { folder: string; way: WayName; killAfterMs: number; word: string }
const say = (what: string, more: object = {}): void => console.log(JSON.stringify({ what, ...more }))

const stage = prepare(folder)
const jobs = createJobs({
  way, killAfterMs, warm: 1, stateDirectory: `${folder}/state`, outputDirectory: `${folder}/out`,
  onLost: (lost) => {
    say('lost', lost)
    // Gives stdout a moment, and shows that nothing else holds this process.
    clearInterval(ticking)
  },
})
const { leftBehind } = await jobs.ready
jobs.extend(boottimeMs())
const ticking = setInterval(() => jobs.extend(boottimeMs()), 100)
const script = `(setsid hold "$1" &); (env -i PATH="$PATH" setsid sh -c 'while :; do echo tick >>"$0/ticks"; sleep 0.01; done' "${folder}" "$1" &); exec hold "$1"`
const job = jobs.start(stage.order({ name: 'ticks', script, word }), async () => null)
await job.started
say('started', { leftBehind })
say('ended', await job.result)

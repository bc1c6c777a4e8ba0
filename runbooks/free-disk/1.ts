/**
 * Removes old files below a few listed paths of this machine, and looks whether the disk has room again.
 *
 * What: plain files that nobody wrote to for `days` days, below `paths` and on the file system of the alert, and no more
 * than `most` of them: if there are more, nothing is removed. Folders, links and other file systems are left alone.
 *
 * When: caches, rotated logs, core dumps: what only its age makes worthless.
 *
 * When not: data that anybody may still need, or a disk that is filled faster than files grow old. A file that a
 * process still holds open gives no room back until that process ends.
 */
import { minutes, runbook } from 'paramedic'

export default runbook({
  target: 'instance',
  provider: 'host',
  params: {
    /** Absolute, at least two folders deep, a colon between them. */
    paths: { type: 'string', pattern: '(/[A-Za-z0-9_][A-Za-z0-9._-]*){2,}(:(/[A-Za-z0-9_][A-Za-z0-9._-]*){2,})*' },
    days: { type: 'integer', default: 7, min: 1, max: 3650 },
    most: { type: 'integer', default: 10_000, min: 1, max: 1_000_000 },
    /** So much of the disk must be free afterwards. */
    free: { type: 'integer', default: 10, min: 1, max: 99 },
  },
  plan: ({ target, params, labels }) => {
    const mount = labels['mountpoint'] ?? '/'
    const paths = String(params.paths).split(':').filter((path) => mount === '/' || path === mount || path.startsWith(`${mount}/`))
    if (paths.length === 0) return { changes: [], notes: `none of the listed paths lies below ${mount}` }
    return { changes: [{ target, from: paths, to: `without files older than ${params.days} days` }], notes: { mount, paths } }
  },
  steps: [
    {
      name: 'look', effect: 'read', timeout: minutes(5),
      run: async ({ $, plan, params }) => {
        const { stdout } = await $`find ${plan.notes.paths} -xdev -type f -mtime +${params.days} -printf . | wc -c`
        const files = Number(stdout)
        if (files > params.most) throw new Error(`${files} files would be removed, at most ${params.most} may: look at them first`)
        return { files }
      },
    },
    {
      name: 'remove', effect: 'repeatable', timeout: minutes(15),
      run: ({ $, plan, params }) => $`find ${plan.notes.paths} -xdev -type f -mtime +${params.days} -delete`,
    },
    {
      name: 'room again', effect: 'read', timeout: minutes(1),
      run: async ({ $, plan, params }) => {
        const used = Number(/(\d+)%/.exec((await $`df --output=pcent -- ${plan.notes.mount}`).stdout)?.[1])
        if (!(100 - used >= params.free)) throw new Error(`${100 - used} % of ${plan.notes.mount} are free, ${params.free} are needed: old files are not what fills it`)
        return { free: 100 - used }
      },
    },
  ],
  healedWithin: minutes(15),
})

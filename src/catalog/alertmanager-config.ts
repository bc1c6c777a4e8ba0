/** Alertmanager's own configuration, for the one thing that runbooks depend on: how soon it tells of an end. */
import { readFile } from 'node:fs/promises'
import { parseDuration } from '../core/duration.ts'
import { shown } from './files.ts'
import type { Problem } from './problem.ts'
import { readYaml, type YamlNode } from './yaml.ts'

const usualIntervalMs = 5 * 60_000
const ours = /\/webhooks\/(alertmanager|grafana)\b/

/** The longest group_interval of the routes that lead to us. */
export async function groupIntervalOf(file: string): Promise<{ groupIntervalMs?: number; problems: Problem[] }> {
  const path = shown(file)
  const problem = (message: string, line = 1) => ({ problems: [{ path, line, message }] })
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return problem(`cannot be read (${(error as NodeJS.ErrnoException).code}): name Alertmanager's configuration`)
  }
  const { root, problems } = readYaml(path, text)
  if (root === undefined) return { problems }
  const receivers = receiversOf(root)
  const route = at(root, 'route')
  if (receivers.size === 0 || route === undefined) return problem('has no receiver with a webhook of ours (…/webhooks/alertmanager): see the README')
  const intervals = intervalsOf(route, { intervalMs: usualIntervalMs, receiver: '' }, receivers)
  return intervals.length === 0 ? problem(`no route leads to ${[...receivers].join(', ')}`, route.line) : { groupIntervalMs: Math.max(...intervals), problems: [] }
}

/** A route has its parent's receiver and interval unless it says otherwise. */
function intervalsOf(route: YamlNode, above: { intervalMs: number; receiver: string }, receivers: ReadonlySet<string>): number[] {
  const here = {
    intervalMs: parseDuration(String(at(route, 'group_interval')?.value ?? '')) ?? above.intervalMs,
    receiver: String(at(route, 'receiver')?.value ?? above.receiver),
  }
  const below = (at(route, 'routes')?.list ?? []).flatMap((one) => intervalsOf(one, here, receivers))
  return receivers.has(here.receiver) ? [here.intervalMs, ...below] : below
}

const receiversOf = (root: YamlNode): ReadonlySet<string> =>
  new Set((at(root, 'receivers')?.list ?? []).filter((receiver) => at(receiver, 'webhook_configs')?.list.some((hook) => ours.test(String(at(hook, 'url')?.value ?? ''))))
    .map((receiver) => String(at(receiver, 'name')?.value ?? '')))

const at = (node: YamlNode, key: string): YamlNode | undefined => node.map.get(key)?.node

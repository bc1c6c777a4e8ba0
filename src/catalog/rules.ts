/** Prometheus rule files, for the one thing that routes depend on: which alerts there are, and the labels that each is given. */
import { readFile } from 'node:fs/promises'
import type { Rule } from '../core/coverage.ts'
import { shown } from './files.ts'
import type { Problem } from './problem.ts'
import { readYaml, type YamlNode } from './yaml.ts'

export interface WrittenRule extends Rule {
  readonly alert: string
  /** `rules/web.yaml:12` */
  readonly source: string
}

/** The alerting rules of a file: as Prometheus reads it, or as the operator's PrometheusRule (`spec.groups`). */
export async function readRules(file: string): Promise<{ rules: WrittenRule[]; problems: Problem[] }> {
  const path = shown(file)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return { rules: [], problems: [{ path, line: 1, message: `cannot be read (${(error as NodeJS.ErrnoException).code}): name a rule file of Prometheus` }] }
  }
  const { root, problems } = readYaml(path, text)
  if (root === undefined) return { rules: [], problems }
  const groups = at(root, 'groups') ?? at(at(root, 'spec'), 'groups')
  if (groups?.kind !== 'list') return { rules: [], problems: [{ path, line: root.line, message: 'has no groups: is it a rule file of Prometheus?' }] }
  const written = groups.list.flatMap((group) => at(group, 'rules')?.list ?? [])
  return { rules: written.flatMap((rule) => ruleOf(rule, path)), problems: [] }
}

/** Recording rules fire nothing. */
function ruleOf(rule: YamlNode, path: string): WrittenRule[] {
  const name = at(rule, 'alert')
  if (name === undefined) return []
  const alert = String(name.value)
  const labels = new Map([...(at(rule, 'labels')?.map ?? [])].map(([label, { node }]): [string, string] => [label, String(node.value)]))
  const templated = new Set([...labels].filter(([, value]) => value.includes('{{')).map(([label]) => label))
  return [{ alert, source: `${path}:${name.line}`, labels: labels.set('alertname', alert), templated }]
}

const at = (node: YamlNode | undefined, key: string): YamlNode | undefined => node?.map.get(key)?.node

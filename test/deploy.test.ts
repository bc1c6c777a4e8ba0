/** What lies in deploy/ names only what there is: settings, paths of the image, metrics and their labels. Prometheus' own tool judges the alerts. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { loadAll, YAML11_SCHEMA } from 'js-yaml'
import { loadConfig, printSettingProblem } from '../src/config.ts'
import { environmentName, fileKey, flagName, keys, settingOf } from '../src/config/settings.ts'
import { parseDuration } from '../src/core/duration.ts'
import { operations } from '../src/http/table.ts'

// Read as Kubernetes, Prometheus and Compose do: whatever shape each has, a test looks for what it needs.
type Tree = any

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const documents = (path: string): Tree[] => loadAll(read(path), { schema: YAML11_SCHEMA }) as Tree[]
const dockerfile = read('Dockerfile')
const drainMs = parseDuration(settingOf('drainTimeout').default!)!
/** Beyond the drain: what runs is killed, and the log is told of the end. */
const endMs = 10_000

const environment = new Set(keys.flatMap((key) => (settingOf(key).secret ? [key, fileKey(key)] : [key])).map(environmentName))
const flags = new Set(keys.map((key) => `--${flagName(key)}`))
const isSetting = (name: string): boolean => environment.has(name) || ['PARAMEDIC_CONFIG', 'PARAMEDIC_TOKEN', 'PARAMEDIC_URL'].includes(name)

/** Loads a configuration with every placeholder replaced; the secrets that it names are made in a folder. */
async function configOf(t: TestContext, yaml: string, env: Record<string, string> = {}): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'paramedic-deploy-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  let placeholders = 0
  const filled = yaml.replaceAll(/REPLACE-[A-Z]+/g, () => `a${String(++placeholders).padStart(63, '0')}`).replaceAll('/etc/paramedic-secrets', folder)
  for (const [, name] of filled.matchAll(/File: \S*\/([\w-]+)$/gm)) writeFileSync(join(folder, name!), 'hush')
  writeFileSync(join(folder, 'paramedic.yaml'), filled)
  return (await loadConfig({ cwd: folder, env: { STATE_DIRECTORY: folder, ...env } })).problems.map(printSettingProblem)
}

describe('deploy/', () => {
  const files = globSync('deploy/**/*.{yaml,service,json}', { cwd: root })
  for (const path of files) {
    test(`${path} names only settings that there are`, () => {
      const text = read(path)
      const names = [...text.matchAll(/\bPARAMEDIC_[A-Z_]+\b/g)].map(([name]) => name).filter((name) => !isSetting(name))
      assert.deepEqual(names, [])
      if (path.endsWith('.yaml')) assert.ok(documents(path).length > 0)
      const given = [...text.matchAll(/(?:paramedic\.js serve|args: \[serve),? (.*)$/gm)].flatMap(([, line]) => line!.match(/--[a-z-]+/g) ?? [])
      assert.deepEqual(given.filter((flag) => flag !== '--config' && !flags.has(flag)), [])
    })
  }
})

describe('deploy/compose', () => {
  const [compose] = documents('deploy/compose/compose.yaml')
  const services = Object.entries<Tree>(compose.services)
  const servers = services.filter(([, { image }]) => image === 'paramedic')

  test('three servers, whose settings are good, and which the others reach', async (t) => {
    assert.equal(servers.length, 3)
    for (const [name, { environment: env, ports }] of servers) {
      const tokens = String(env.PARAMEDIC_TOKENS).replaceAll(/\$\{(\w+):\?[^}]*\}/g, '$1')
      assert.deepEqual(await configOf(t, '', { ...env, PARAMEDIC_TOKENS: tokens }), [])
      assert.equal(env.PARAMEDIC_ADVERTISE, `http://${name}:9095`)
      assert.match(ports[0], /^127\.0\.0\.1:\d+:9095$/, 'people of this machine only')
      const { brokers } = /^kafka:\/\/(?<brokers>[^/]+)\//.exec(env.PARAMEDIC_LOG)!.groups!
      assert.deepEqual(brokers!.split(',').filter((broker) => !(broker.split(':')[0]! in compose.services)), [])
    }
  })

  test('each is as the image is: its folder, its port, a root that can only be read, and time to end', () => {
    for (const [, { volumes, read_only, cap_drop, stop_grace_period }] of servers) {
      assert.ok(dockerfile.includes(`\nVOLUME ${volumes[0].split(':')[1]}\n`), volumes[0])
      assert.deepEqual([read_only, cap_drop], [true, ['ALL']])
      assert.ok(parseDuration(stop_grace_period)! >= drainMs + endMs, stop_grace_period)
    }
    assert.match(dockerfile, /^EXPOSE 9095$/m)
  })

  test('the brokers have what docs/operations.md recommends, and a controller of their own', () => {
    const brokers = services.map(([, service]) => service).filter(({ image }) => image?.startsWith('apache/kafka:')).map(({ environment: env }) => env)
    assert.deepEqual(brokers.map((env) => env.KAFKA_PROCESS_ROLES).sort(), ['broker', 'broker', 'broker', 'controller'])
    const recommended = [...read('docs/operations.md').matchAll(/`((?:\w+\.)+\w+(?:\.\w+)*)=([\w]+)`/g)].filter(([, name]) => /^(broker|auto|min)\./.test(name!))
    assert.ok(recommended.length >= 4)
    for (const env of brokers) {
      for (const [, name, value] of recommended) assert.equal(String(env[`KAFKA_${name!.toUpperCase().replaceAll('.', '_')}`]), value, name!)
    }
  })

  test('every file that it mounts is there, and every volume and secret is declared', () => {
    for (const [, { volumes = [], secrets = [] }] of services) {
      for (const [from] of (volumes as string[]).map((volume) => volume.split(':'))) {
        if (from!.startsWith('.')) assert.ok(read(join('deploy/compose', from!)).length > 0)
        else assert.ok(from! in compose.volumes, from!)
      }
      for (const secret of secrets) assert.ok(secret in compose.secrets, secret)
    }
  })

  test('Alertmanager and Prometheus reach every server by its name', () => {
    const names = servers.map(([name]) => name)
    const [alertmanager] = documents('deploy/compose/alertmanager.yaml')
    const hooks = alertmanager.receivers.find(({ name }: Tree) => name === 'paramedic').webhook_configs.map(({ url }: Tree) => url)
    assert.deepEqual(hooks, names.map((name) => `http://${name}:9095/webhooks/alertmanager`))
    assert.equal(alertmanager.route.routes[0].receiver, 'pager', 'alerts about Paramedic go past it')
    const [prometheus] = documents('deploy/compose/prometheus.yaml')
    assert.deepEqual(prometheus.scrape_configs[0].static_configs[0].targets, names.map((name) => `${name}:9095`))
    assert.equal(prometheus.scrape_configs[0].job_name, 'paramedic')
  })
})

describe('deploy/kubernetes', () => {
  const [kustomization] = documents('deploy/kubernetes/kustomization.yaml')
  const all: Tree[] = kustomization.resources.flatMap((path: string) => documents(`deploy/kubernetes/${path}`))
  const one = (kind: string, name = 'paramedic'): Tree => all.find((object) => object.kind === kind && object.metadata.name === name) ?? assert.fail(`no ${kind} ${name}`)
  const { spec: pod, metadata } = one('Deployment').spec.template
  const [container] = pod.containers

  test('the configuration is good once its placeholders are replaced, and refused before', async (t) => {
    const yaml = read('deploy/kubernetes/paramedic.yaml')
    const env = { PARAMEDIC_NAME: 'paramedic-0', PARAMEDIC_ADVERTISE: container.env.find(({ name }: Tree) => name === 'PARAMEDIC_ADVERTISE').value.replace('$(POD_IP)', '10.0.0.7') }
    assert.deepEqual(await configOf(t, yaml, env), [])
    assert.match((await configOf(t, yaml.replaceAll('REPLACE', 'replace'), env)).join('\n'), /sha256 must be the 64 hex digits/)
  })

  test('the pod ends after its drain, as nobody, on a root that can only be read, with no rights', () => {
    assert.ok(pod.terminationGracePeriodSeconds * 1000 >= drainMs + endMs)
    const { runAsUser, runAsGroup, fsGroup, runAsNonRoot, seccompProfile } = pod.securityContext
    assert.deepEqual([`${runAsUser}:${runAsGroup}`, fsGroup, runAsNonRoot, seccompProfile.type], [/^USER (.*)$/m.exec(dockerfile)![1], 65534, true, 'RuntimeDefault'])
    assert.deepEqual(container.securityContext, { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } })
    assert.deepEqual([pod.automountServiceAccountToken, one('ServiceAccount').automountServiceAccountToken], [false, false])
    assert.deepEqual(all.filter(({ kind }) => /Role/.test(kind)), [], 'Paramedic itself asks nothing of the cluster')
  })

  test('it writes where it may, and reads what is mounted', () => {
    const at = (path: string): Tree => container.volumeMounts.find(({ mountPath }: Tree) => mountPath === path) ?? assert.fail(`nothing at ${path}`)
    const volume = (path: string): Tree => pod.volumes.find(({ name }: Tree) => name === at(path).name)
    assert.ok('emptyDir' in volume('/tmp') && 'emptyDir' in volume(/^VOLUME (.*)$/m.exec(dockerfile)![1]!))
    assert.equal(volume('/etc/paramedic').configMap.name, kustomization.configMapGenerator[0].name)
    assert.deepEqual(container.args, ['serve', '--config', `/etc/paramedic/${kustomization.configMapGenerator[0].files[0]}`])
    for (const [, folder] of read('deploy/kubernetes/paramedic.yaml').matchAll(/File: (\S*)\/[\w-]+$/gm)) assert.ok('secret' in volume(folder!))
  })

  test('probes, services, budget and policy point at its pods and its port', () => {
    assert.deepEqual([container.livenessProbe, container.readinessProbe].map(({ httpGet }) => httpGet.path), [operations.livez.path, operations.readyz.path])
    const { labels } = metadata
    assert.deepEqual([one('Service'), one('Service', 'paramedic-stops'), one('Deployment')].map(({ spec }) => spec.selector.matchLabels ?? spec.selector), [labels, labels, labels])
    assert.deepEqual([one('PodDisruptionBudget').spec.selector.matchLabels, one('NetworkPolicy').spec.podSelector.matchLabels], [labels, labels])
    assert.deepEqual([one('Service').spec.publishNotReadyAddresses, one('Service', 'paramedic-stops').spec.publishNotReadyAddresses], [undefined, true])
    assert.ok(dockerfile.includes(`\nEXPOSE ${container.ports[0].containerPort}\n`))
    assert.equal(one('NetworkPolicy').spec.ingress[0].ports[0].port, container.ports[0].containerPort)
  })
})

test('deploy/systemd: it ends after its drain, has a control group of its own, and nothing takes that away', () => {
  const unit = read('deploy/systemd/paramedic.service')
  const of = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1]
  assert.ok(Number(of('TimeoutStopSec')) * 1000 >= drainMs + endMs)
  // The signal goes to the server alone; a step that got it too would not finish.
  assert.deepEqual([of('KillMode'), of('Delegate'), of('StateDirectory'), of('NoNewPrivileges')], ['mixed', 'yes', 'paramedic', 'yes'])
  for (const key of ['ProtectControlGroups', 'RestrictNamespaces', 'ProtectProc', 'PrivatePIDs', 'MemoryDenyWriteExecute', 'SystemCallFilter']) assert.equal(of(key), undefined, key)
})

describe('deploy/prometheus and deploy/grafana', () => {
  const [alerts] = documents('deploy/prometheus/alerts.yaml')
  const rules: Tree[] = alerts.groups.flatMap(({ rules: of }: Tree) => of)
  const dashboard = JSON.parse(read('deploy/grafana/paramedic.json')) as Tree
  const panels: { title: string; expr: string }[] = dashboard.panels.flatMap(({ title, targets = [] }: Tree) => targets.map(({ expr }: Tree) => ({ title, expr })))
  const rows = [...read('docs/metrics.md').matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) \|/gm)]
  const metrics = new Map(rows.map(([, name, kind, labels]) => [name!, { kind: kind!, labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!) }]))

  /** What is wrong with the metrics and the labels of an expression. */
  const faults = (expr: string): string[] => {
    const named = [...expr.matchAll(/\b(?:paramedic|process)_\w+/g)].map(([name]) => name)
    const found = named.map((name) => ({ name, metric: metrics.get(name) ?? metrics.get(name.replace(/_(bucket|sum|count)$/, '')) }))
    const labels = new Set(['instance', 'job', 'le', ...found.flatMap(({ metric }) => metric?.labels ?? [])])
    const used = [...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/, */)), ...[...expr.matchAll(/[{,] *(\w+)(?:=|!=|=~)"/g)].map(([, label]) => label!)]
    return [
      ...found.filter(({ name, metric }) => metric === undefined || (metric.kind === 'histogram') !== /_(bucket|sum|count)$/.test(name)).map(({ name }) => `${name} is no metric`),
      ...used.filter((label) => !labels.has(label)).map((label) => `${label} is no label`),
      ...(expr.match(/\b(?:rate|increase)\((\w+)/g) ?? []).map((call) => call.split('(')[1]!).filter((name) => metrics.get(name)?.kind === 'gauge').map((name) => `${name} does not only grow`),
    ]
  }

  test('every metric and label is one of docs/metrics.md', () => {
    assert.ok(metrics.size > 40 && panels.length > 20)
    for (const { title, expr } of panels) assert.deepEqual(faults(expr), [], title)
    for (const { alert, expr } of rules) assert.deepEqual(faults(expr), [], alert)
  })

  test('that check sees what is planted', () => {
    assert.deepEqual(faults('sum by (colour) (rate(paramedic_ready[5m])) + paramedic_healed_total{kind="x"} + paramedic_stop_latency_seconds'), [
      'paramedic_healed_total is no metric', 'paramedic_stop_latency_seconds is no metric', 'colour is no label', 'kind is no label', 'paramedic_ready does not only grow',
    ])
  })

  test('every alert is told of in docs/operations.md, says so itself, and is tried', () => {
    const page = read('docs/operations.md')
    const [{ tests }] = documents('deploy/prometheus/alerts.test.yaml') as [Tree]
    for (const { alert, labels, annotations } of rules) {
      assert.match(page, new RegExp(`^\\| \`${alert}\` \\|`, 'm'))
      assert.deepEqual([labels.component, typeof annotations.summary], ['paramedic', 'string'])
      const cases = tests.flatMap((one: Tree) => one.alert_rule_test).filter(({ alertname }: Tree) => alertname === alert)
      assert.deepEqual(new Set(cases.map(({ exp_alerts }: Tree) => exp_alerts.length > 0)), new Set([true, false]), `${alert} is seen firing, and not firing`)
    }
    assert.deepEqual([...page.matchAll(/^\| `(Paramedic\w+)` \|/gm)].map(([, name]) => name).sort(), rules.map(({ alert }) => alert).sort())
  })

  const promtool = spawnSync('promtool', ['--version']).status === 0
  const skip = promtool || process.env['CI'] === 'true' ? false : 'promtool is not installed (Debian: prometheus)'
  test('promtool runs the unit tests of the alerts, and reads every expression of the dashboard', { skip }, (t) => {
    const run = (...args: string[]): void => {
      const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: root, encoding: 'utf8' })
      assert.equal(status, 0, `${stdout}${stderr}`)
    }
    run('test', 'rules', 'deploy/prometheus/alerts.test.yaml')
    const folder = mkdtempSync(join(tmpdir(), 'paramedic-deploy-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const path = join(folder, 'rules.yaml')
    writeFileSync(path, JSON.stringify({ groups: [{ name: 'panels', rules: panels.map(({ expr }, index) => ({ record: `panel:${index}`, expr: expr.replaceAll('$__rate_interval', '5m') })) }] }))
    run('check', 'rules', path)
  })
})

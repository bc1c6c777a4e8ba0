import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, test } from 'node:test'
import { kafkaAccess } from '../../src/config/kafka.ts'
import { usualSettings } from '../../src/edge/settings.ts'
import { folder, load, type Given } from './load.ts'
import { loadConfig } from '../../src/config.ts'

describe('configuration', () => {
  test('has a default for everything that a single machine needs', async (t) => {
    const { config, cwd } = await load(t, {})
    assert.deepEqual(config?.listen, { host: '127.0.0.1', port: 9095 })
    assert.equal(config?.logUrl, 'sqlite:/home/ann/.local/state/paramedic/paramedic.db')
    assert.deepEqual(config?.catalog, { runbooks: join(cwd, 'runbooks'), policies: join(cwd, 'policies') })
    assert.deepEqual([config?.killAfterMs, config?.lostAfterMs, config?.drainTimeoutMs, config?.retentionMs], [10_000, 45_000, 25_000, 2_592_000_000])
    assert.deepEqual(config?.roles, ['intake', 'decide', 'run', 'notify', 'console'])
  })

  test('the later source wins: defaults, file, environment, flags', async (t) => {
    const yaml = 'slack:\n  channel: C1\n'
    const env = { PARAMEDIC_SLACK_BOT_TOKEN: 'xoxb-1' }
    assert.equal((await load(t, { yaml, env })).config?.slack.channel, 'C1')
    assert.equal((await load(t, { yaml, env: { ...env, PARAMEDIC_SLACK_CHANNEL: 'C2' } })).config?.slack.channel, 'C2')
    const all = await load(t, { yaml, env: { ...env, PARAMEDIC_SLACK_CHANNEL: 'C2' }, flags: { 'slack.channel': 'C3' } })
    assert.equal(all.config?.slack.channel, 'C3')
    assert.deepEqual(all.shown.find(({ key }) => key === 'slack.channel'), { key: 'slack.channel', value: 'C3', from: '--slack-channel' })
    const fromFile = await load(t, { yaml, env })
    assert.equal(fromFile.shown.find(({ key }) => key === 'slack.channel')?.from, 'paramedic.yaml:2')
  })

  test('every problem is told at once, each at its own line', async (t) => {
    const { told } = await load(t, {
      yaml: 'lissten: 127.0.0.1:1\nkillAfter: 10\nforce:\n  stop: maybe\nslack:\n  botToken: xoxb-1\ntokens:\n  - name: ann\n    role: oprator\n    sha256: abc\n',
      env: { PARAMEDIC_ROLES: 'intake,deicde' },
    })
    assert.deepEqual(told, [
      'PARAMEDIC_ROLES: roles[1] must be one of intake, decide, run, notify, console, not "deicde"',
      'paramedic.yaml:1: lissten is not known (did you mean listen?)',
      'paramedic.yaml:2: killAfter must be a duration with its unit, such as 90s, 5m or 1h30m (more than 0, at most 366d), not 10',
      'paramedic.yaml:4: force.stop must be true or false, not "maybe"',
      'paramedic.yaml:6: slack.botToken is a secret: write it into a file and name that in slack.botTokenFile, or set PARAMEDIC_SLACK_BOT_TOKEN',
      'paramedic.yaml:9: tokens[0].role must be one of sender, stopper, viewer, responder, operator, not "oprator" (did you mean operator?)',
      'paramedic.yaml:10: tokens[0].sha256 must be the 64 hex digits that `paramedic token new` prints',
    ])
  })

  test('edges and clouds have what the design says, and what is written', async (t) => {
    const { config } = await load(t, {})
    assert.deepEqual(config?.edges.settings, usualSettings)
    assert.equal(config?.providers.awsAsg, undefined)
    const written = await load(t, {
      yaml: 'providers:\n  aws-asg:\n    region: eu-central-1\nedges:\n  perTarget: 2\n  allowInProduction: true\n  modes: { slack: off, cloud: mock }\n',
      env: { PARAMEDIC_EDGES_BREAKER_FAILURES: '3', PARAMEDIC_PROVIDERS_AWS_ASG_TAG: 'heal=yes' },
    })
    assert.deepEqual(written.config?.providers.awsAsg, { region: 'eu-central-1', tag: 'heal=yes' })
    const { settings, modes } = written.config!.edges
    assert.deepEqual([settings.breaker.failures, settings.bulkhead.perTarget, modes], [3, 2, { slack: 'off', cloud: 'mock' }])
  })

  const refused: [given: Given, problem: RegExp, because: string][] = [
    [{ env: { PARAMEDIC_PROVIDERS_SWARM_HOSTS: 'tcp://manager:2375' } }, /swarm\.tls is missing/, 'an engine without TLS gives its machine away'],
    [{ env: { PARAMEDIC_PROVIDERS_SWARM_HOSTS: 'ssh://manager' } }, /unix:\/\/\/PATH or tcp/, 'a way that is not there'],
    [{ env: { PARAMEDIC_PROVIDERS_AWS_ASG_REGION: 'x', PARAMEDIC_PROVIDERS_AWS_ASG_JOINS: 'kubernetes' } }, /needs providers\.kubernetes\.enabled/, 'nodes of a cluster that nobody asks'],
    [{ env: { PARAMEDIC_EDGES_MODES: 'slack=of' } }, /must be one of on, off, mock, direct/, 'a switch that is not there'],
    [{ env: { PARAMEDIC_EDGES_RETRY_TRIES: '0' } }, /whole number from 1 to 20/, 'a call is tried at least once'],
    [{ env: { PARAMEDIC_PROVIDERS_AWS_ASG_REGION: 'x', PARAMEDIC_PROVIDERS_AWS_ASG_TAG: 'paramedic' } }, /KEY=VALUE/, 'a tag without a value would mean every group'],
    [{ env: { PARAMEDIC_LISTEN: '0.0.0.0:9095' } }, /^PARAMEDIC_LISTEN: listen is 0\.0\.0\.0.*--insecure/, 'others reach it and nobody is asked who they are'],
    [{ env: { PARAMEDIC_LISTEN: ':9095' } }, /others reach/, 'no host means every address'],
    [{ env: { PARAMEDIC_LISTEN: '127.0.0.1:70000' } }, /HOST:PORT/, 'there is no such port'],
    [{ flags: { lostAfter: '19s' } }, /^--lost-after: lostAfter is 19s, and must be at least killAfter \+ 10s = 20s/, 'protocol rule 6: what is silent must be dead first'],
    [{ env: { PARAMEDIC_LOG: 'kafka://k:9092/p', PARAMEDIC_KILL_AFTER: '36s' } }, /at least killAfter/, 'the default of lostAfter is no excuse'],
    [{ env: { PARAMEDIC_KILL_AFTER: '2s' } }, /below 3s/, 'a pause of the garbage collector would kill'],
    [{ env: { PARAMEDIC_KILL_AFTER: '10' } }, /duration with its unit/, 'units are never guessed'],
    [{ env: { PARAMEDIC_LOG: 'postgres://x' } }, /memory:, sqlite:PATH or kafka/, 'there are three keepers'],
    [{ env: { PARAMEDIC_LOG: 'kafka://k:9092' } }, /PREFIX/, 'without a prefix two Paramedics would share topics'],
    [{ env: { PARAMEDIC_TOKENS: 'admin:hunter2hunter2' } }, /^PARAMEDIC_TOKENS: tokens\[0\] must be ROLE:TOKEN with a role of sender(?!.*hunter2)/, 'the token itself is never echoed'],
    [{ env: { PARAMEDIC_TOKENS: 'viewer:same,operator:same' } }, /is the same token as \[0\]/, 'a token is one person'],
    [{ env: { PARAMEDIC_SLACK_BOT_TOKEN: 'xoxb' } }, /name the channel/, 'a token with nowhere to write'],
    [{ env: { PARAMEDIC_SLACK_BOT_TOKEN_FILE: '/nowhere' } }, /cannot be read \(ENOENT\)/, 'a secret that is not there'],
    [{ env: { PARAMEDIC_LOG: 'kafka://k:1/p', PARAMEDIC_KAFKA_SASL_USERNAME: 'ann' } }, /mechanism needs/, 'half a login to Kafka'],
    [{ yaml: 'secrets: [{ name: BASH_ENV, file: x, runbooks: [fix] }]\n' }, /secrets\[0\]\.name must be capital letters.*nothing that steers the shell itself, not "?BASH_ENV/, 'a step that has it would fail when it is needed'],
    [{ env: { PARAMEDIC_ALERTMANAGER: 'http://ann:pw@am:9093' } }, /without a password/, 'secrets come from files'],
    [{ env: { PARAMEDIC_CONFIG: 'other.yaml' } }, /other\.yaml:1: is not there/, 'a file that was named must be there'],
    [{ env: { PARAMEDIC_CONFIG: '' } }, /^PARAMEDIC_CONFIG: is empty/, 'it would be the folder we stand in'],
    [{ env: { PARAMEDIC_CONFIG: '.' } }, /^\.:1: is a folder/, 'a folder is no file'],
    [{ env: { PARAMEDIC_LOG: 'kafka://k:9092/p', PARAMEDIC_LISTEN: '0.0.0.0:9095', PARAMEDIC_TOKENS: 'viewer:abc' } }, /advertise is missing.*http:\/\/HOST:9095/, 'peers would dial themselves'],
    [{ env: { PARAMEDIC_LOG: 'kafka://k:9092/p', PARAMEDIC_LISTEN: '[::]:9095', PARAMEDIC_TOKENS: 'viewer:abc' } }, /advertise is missing/, 'the same in IPv6'],
    [{ yaml: 'slack: yes please' }, /slack must be a map of botTokenFile/, 'a section is a map'],
    [{ yaml: 'listen: [' }, /paramedic\.yaml:\d+: is not YAML/, 'a broken file is named with its line'],
    [{ yaml: 'alertmanager:\n  - urls: [http://am:9093]\n    auth: { username: x }\n' }, /^paramedic\.yaml:3: alertmanager\[0\]\.auth\.passwordFile is missing/, 'half a login'],
    [{ env: { PARAMEDIC_PEOPLE: 'ann=ann' } }, /TEAM\/USER by id/, 'what somebody is called in Slack is no account'],
    [{ env: { PARAMEDIC_PEOPLE: 'ann=T1AA/U1AA,bob=T1AA/U1AA' } }, /\[1\] has the same account as \[0\]/, 'one person would be two of four eyes'],
    [{ yaml: 'people:\n  - { name: ann, team: T1AA }\n' }, /^paramedic\.yaml:2: people\[0\] needs team and user/, 'half an account'],
    [{ env: { PARAMEDIC_SLACK_ALLOW: 'ann' } }, /TEAM\/USER/, 'names can be taken by anybody'],
  ]
  for (const [given, problem, because] of refused) {
    test(`is refused: ${JSON.stringify(given).slice(0, 90)}: ${because}`, async (t) => {
      const { config, told } = await load(t, given)
      assert.equal(config, undefined)
      assert.equal(told.length, 1, told.join('\n'))
      assert.match(told[0]!, problem)
    })
  }

  test('beyond loopback it is served with tokens, or when somebody says --insecure', async (t) => {
    assert.ok((await load(t, { env: { PARAMEDIC_LISTEN: '0.0.0.0:1', PARAMEDIC_TOKENS: 'viewer:abc' } })).config)
    assert.ok((await load(t, { env: { PARAMEDIC_LISTEN: '0.0.0.0:1' }, flags: { insecure: true } })).config)
  })

  test('on Kafka others must be able to dial it, and a server that only its own machine reaches is doubted', async (t) => {
    const env = { PARAMEDIC_LOG: 'kafka://k:9092/p', PARAMEDIC_TOKENS: 'viewer:abc' }
    assert.equal((await load(t, { env: { ...env, PARAMEDIC_LISTEN: '0.0.0.0:1', PARAMEDIC_ADVERTISE: 'http://one:1' } })).config?.advertise, 'http://one:1')
    assert.deepEqual((await load(t, { env: { ...env, PARAMEDIC_LISTEN: '10.0.0.5:1' } })).warnings, [])
    assert.match((await load(t, { env })).warnings.join(), /only this machine can dial/)
    assert.deepEqual((await load(t, { env: { ...env, PARAMEDIC_LOG: 'kafka://127.0.0.1:9092/p' } })).warnings, [])
  })

  test('where clients show certificates, Slack needs a way of its own', async (t) => {
    const env = { PARAMEDIC_TLS_CERT: import.meta.filename, PARAMEDIC_TLS_KEY: import.meta.filename, PARAMEDIC_TLS_CLIENT_CA: import.meta.filename, PARAMEDIC_SLACK_SIGNING_SECRET: 'shh' }
    assert.match((await load(t, { env })).warnings.join(), /nobody stops from Slack before ingress\.listen/)
    for (const way of [{ PARAMEDIC_INGRESS_LISTEN: '127.0.0.1:1' }, { PARAMEDIC_SLACK_APP_TOKEN: 'xapp-1' }]) assert.deepEqual((await load(t, { env: { ...env, ...way } })).warnings, [])
  })

  test('on Kafka the silence that kills is longer', async (t) => {
    const { config } = await load(t, { env: { PARAMEDIC_LOG: 'kafka://a:9092,b:9092/prod' } })
    assert.equal(config?.killAfterMs, 30_000)
    assert.deepEqual(config?.log, { kind: 'kafka', brokers: ['a:9092', 'b:9092'], prefix: 'prod' })
  })

  test('the state folder is where the machine wants it', async (t) => {
    assert.equal((await load(t, { env: { STATE_DIRECTORY: '/var/lib/paramedic', XDG_STATE_HOME: '/x' } })).config?.state, '/var/lib/paramedic')
    assert.equal((await load(t, { env: { XDG_STATE_HOME: '/x' } })).config?.state, '/x/paramedic')
  })

  test('no secret is shown to whoever prints the configuration', async (t) => {
    const env = { PARAMEDIC_SLACK_BOT_TOKEN: 'xoxb-hush', PARAMEDIC_SLACK_CHANNEL: 'C1', PARAMEDIC_TOKENS: 'viewer:hushhush' }
    const { config, shown } = await load(t, { env, files: { hush: 'hush-too\n' }, yaml: 'slack: { signingSecretFile: hush }' })
    const printed = `${JSON.stringify(config)} ${inspect(config, { depth: 9 })} ${JSON.stringify(shown)} ${config?.slack.botToken}`
    assert.doesNotMatch(printed, /hush-too|xoxb-hush|hushhush/)
    assert.equal(config?.slack.signingSecret?.read(), 'hush-too')
    assert.equal(config?.slack.botToken?.read(), 'xoxb-hush')
  })

  test('a secret in a file is read again when the file was replaced', async (t) => {
    const { config, cwd } = await load(t, { yaml: 'grafana: { secretFile: s }', files: { s: 'one' } })
    writeFileSync(join(cwd, 's.new'), 'two\n')
    renameSync(join(cwd, 's.new'), join(cwd, 's'))
    assert.equal(config?.grafana.secret?.read(), 'two')
    writeFileSync(join(cwd, 's'), '')
    assert.equal(config?.grafana.secret?.read(), 'two', 'a file that is just being written is not an empty secret')
  })

  test('a secret in the environment takes the place of a file named in paramedic.yaml', async (t) => {
    const { config } = await load(t, { yaml: 'grafana: { secretFile: s }', files: { s: 'one' }, env: { PARAMEDIC_GRAFANA_SECRET: 'two' } })
    assert.equal(config?.grafana.secret?.read(), 'two')
  })

  test('nothing of it can be changed', async (t) => {
    const { config } = await load(t, {})
    assert.throws(() => Object.assign(config!.force, { stop: true }), TypeError)
    assert.throws(() => (config!.roles as string[]).push('x'), TypeError)
  })

  test('paths in a file are relative to the file, others to where one stands', async (t) => {
    const place = folder(t)
    writeFileSync(join(place, 'p.yaml'), 'catalog: { runbooks: books }\nlog: sqlite:db/x.db\n')
    const { config } = await loadConfig({ file: join(place, 'p.yaml'), cwd: '/', env: {}, flags: { 'catalog.policies': 'rules' } })
    assert.deepEqual(config?.catalog, { runbooks: join(place, 'books'), policies: '/rules' })
    assert.equal(config?.logUrl, `sqlite:${join(place, 'db/x.db')}`)
  })

  test('a variable that is no setting is a warning, what Kubernetes sets for a service is not', async (t) => {
    const { config, warnings } = await load(t, { env: { PARAMEDIC_LITSEN: 'x', PARAMEDIC_PORT: 'tcp://10.0.0.1:9095', PARAMEDIC_SERVICE_HOST: '10.0.0.1', PARAMEDIC_PORT_9095_TCP_ADDR: '10.0.0.1' } })
    assert.ok(config)
    assert.deepEqual(warnings, ['environment PARAMEDIC_LITSEN is not a setting (did you mean PARAMEDIC_LISTEN?)'])
  })

  test('TLS and SASL of Kafka are read anew for every connection', async (t) => {
    const { config, cwd } = await load(t, {
      yaml: 'log: kafka://k:1/p\nkafka:\n  tls: { ca: ca.pem }\n  sasl: { mechanism: plain, username: ann, passwordFile: pw }\n', files: { 'ca.pem': 'CERT', pw: 'one' },
    })
    const access = kafkaAccess(config!)!
    assert.deepEqual(access(), { ssl: { ca: ['CERT'] }, sasl: { mechanism: 'plain', username: 'ann', password: 'one' } })
    writeFileSync(join(cwd, 'pw'), 'another')
    assert.equal(access().sasl?.password, 'another')
  })
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before, describe } from 'node:test'
import kafkajs from 'kafkajs'
import type { LogError } from '../../src/log/log.ts'
import { noOwnKafka, ownKafka, withAdmin, type KafkaCluster } from '../servers/kafka.ts'
import { onPath, run } from '../servers/kafka/jars.ts'
import { notes, openNotes, readAll, until } from './kafka-fixture.ts'

const noOpenssl = process.env['CI'] !== 'true' && !onPath('openssl') && 'openssl not found: install it'
const people = { paramedic: 'right', reader: 'also-right', nobody: 'known' }

describe('a Kafka with TLS, passwords and ACLs', { skip: noOwnKafka || noOpenssl, timeout: 120_000 }, () => {
  let kafka: KafkaCluster
  let folder: string
  let ca: string
  const as = (username: keyof typeof people | 'stranger', password: string = people[username as keyof typeof people]) =>
    () => ({ ssl: { ca }, sasl: { mechanism: 'plain' as const, username, password } })

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'paramedic-tls-'))
    const [key, certificate, both] = ['key.pem', 'certificate.pem', 'both.pem'].map((name) => join(folder, name))
    await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1',
      '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key!, '-out', certificate!])
    ca = readFileSync(certificate!, 'utf8')
    await writeFile(both!, readFileSync(key!, 'utf8') + ca)
    kafka = await ownKafka({
      brokers: 1,
      settings: {
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': both!,
        'sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.sasl_ssl.plain.sasl.jaas.config': 'org.apache.kafka.common.security.plain.PlainLoginModule required ' +
          `${Object.entries(people).map(([name, password]) => `user_${name}="${password}"`).join(' ')};`,
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS;User:paramedic',
      },
    })
  })
  after(async () => {
    await kafka?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('TlsAndPasswordArePassedThroughForAppendingReadingAndTopics', async () => {
    await using streams = openNotes({ brokers: kafka.secure, security: as('paramedic') })
    await streams.log.append(notes('a', 0, 3))
    await streams.control.append(notes('a', 0, 1))
    assert.equal((await readAll(streams.log)).length, 3)
    assert.equal(await streams.control.end(), 1)
  })

  test('APasswordThatWasReplacedIsTakenUpByTheNextClient', async () => {
    let password = 'wrong'
    await using streams = openNotes({ brokers: kafka.secure, security: () => as('paramedic', password)() })
    await until('refused', () => /refuses these credentials/.test(streams.trouble() ?? ''))
    password = people.paramedic
    await streams.ready
    await streams.log.append(notes('a', 0, 1))
  })

  test('AWrongPasswordIsReportedAsSuchAfterAWhile', async () => {
    await using streams = openNotes({ brokers: kafka.secure, security: as('paramedic', 'wrong'), patienceMs: 500 })
    await assert.rejects(streams.ready, (error: LogError) => error.code === 'LOG_REFUSED' && /kafka\.sasl/.test(error.message))
  })

  test('ACertificateThatNobodyVouchesForIsNamedAndTriedAgain', async () => {
    await using streams = openNotes({ brokers: kafka.secure, security: () => ({ ...as('paramedic')(), ssl: true }), giveUpMs: 500 })
    await assert.rejects(streams.log.append(notes('a', 0, 1)), (error: LogError) =>
      error.code === 'LOG_UNREACHABLE' && /TLS with Kafka fails.*Check the certificates/.test(error.message))
  })

  test('WhoMayNotEvenSeeTheTopicsIsTold', async () => {
    await using streams = openNotes({ brokers: kafka.secure, security: as('nobody') })
    await assert.rejects(streams.ready, (error: LogError) => error.code === 'LOG_REFUSED' && /grant it/.test(error.message))
  })

  test('WhoMayReadButNotWriteIsToldWhenItAppends', async () => {
    await using owner = openNotes({ brokers: kafka.secure, security: as('paramedic') })
    await owner.log.append(notes('a', 0, 1))
    await allowReading('reader', owner.prefix)
    await using streams = openNotes({ brokers: kafka.secure, security: as('reader'), prefix: owner.prefix })
    assert.equal((await readAll(streams.log)).length, 1)
    await assert.rejects(streams.log.append(notes('b', 0, 1)), (error: LogError) => error.code === 'LOG_REFUSED' && /Write/.test(error.message))
  })

  async function allowReading(user: string, prefix: string): Promise<void> {
    const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs
    await withAdmin(kafka.brokers, (admin) => admin.createAcls({
      acl: [AclOperationTypes.READ, AclOperationTypes.DESCRIBE_CONFIGS].map((operation) => ({
        resourceType: AclResourceTypes.TOPIC,
        resourceName: prefix,
        resourcePatternType: ResourcePatternTypes.PREFIXED,
        principal: `User:${user}`,
        host: '*',
        operation,
        permissionType: AclPermissionTypes.ALLOW,
      })),
    }))
  }
})

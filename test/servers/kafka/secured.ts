/** A Kafka that speaks TLS, asks for passwords and lets nobody do what was not granted; its certificate can be replaced. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { createAuthority, longOver } from '../authority.ts'
import { ownKafka, withAdmin, type KafkaCluster } from '../kafka.ts'

export interface SecuredKafka extends KafkaCluster {
  /** Of the authority that its certificate is checked against. */
  readonly ca: string
  grant(user: string, prefix: string, rights: readonly Right[]): Promise<void>
  revoke(user: string, prefix: string, rights: readonly Right[]): Promise<void>
  /** Started again with a certificate that is over, or with a good one. */
  restartWith(certificate: 'good' | 'over'): Promise<void>
}

export type Right = 'CREATE' | 'DESCRIBE' | 'DESCRIBE_CONFIGS' | 'READ' | 'WRITE'

/** Each user's password is his name. Over its plain listener everything is allowed: that is the operators' hand. */
export async function securedKafka(folder: string, users: readonly string[]): Promise<SecuredKafka> {
  const authority = createAuthority(join(folder, 'ca'))
  const store = join(folder, 'broker.pem')
  const issued = { good: authority.issue('broker'), over: authority.issue('broker-over', longOver) }
  const present = (which: keyof typeof issued): void => writeFileSync(store, readFileSync(issued[which].key, 'utf8') + readFileSync(issued[which].cert, 'utf8'))
  present('good')
  const cluster = await ownKafka({
    brokers: 1,
    settings: {
      'ssl.keystore.type': 'PEM', 'ssl.keystore.location': store, 'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${users.map((name) => `user_${name}="${name}"`).join(' ')};`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer', 'super.users': 'User:ANONYMOUS',
    },
  })
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs
  const rulesOf = (user: string, resourceName: string, rights: readonly Right[]) => rights.map((right) => ({
    resourceType: AclResourceTypes.TOPIC, resourceName, resourcePatternType: ResourcePatternTypes.PREFIXED,
    principal: `User:${user}`, host: '*', operation: AclOperationTypes[right], permissionType: AclPermissionTypes.ALLOW,
  }))
  const [node] = cluster.nodes as [KafkaCluster['nodes'][number]]
  return {
    ...cluster, ca: authority.ca,
    grant: async (...of) => void await withAdmin(cluster.brokers, (admin) => admin.createAcls({ acl: rulesOf(...of) })),
    revoke: async (...of) => void await withAdmin(cluster.brokers, (admin) => admin.deleteAcls({ filters: rulesOf(...of) })),
    restartWith: async (certificate) => {
      await node.kill()
      present(certificate)
      await cluster.start()
    },
  }
}

import type { LogErrorCode } from './log.ts'

/** What a failure of kafkajs means to us. */
export interface Trouble {
  readonly code: LogErrorCode
  /** A new client and the same request again: the answer to everything but what can never succeed. */
  readonly again: boolean
  /** Kafka said that it did not take the records. Any other failure of an append may have landed. */
  readonly refused: boolean
  /** What happened, and what a person can do. */
  readonly text: string
}

/** The class of the error and its `retriable` say little (a reset came as "non-retriable"), so its inside is read. */
export function troubleOf(error: unknown, topic: string): Trouble {
  const chain = [...causes(error)]
  for (const { type } of chain) {
    const known = type === undefined ? undefined : byType[type]
    if (known) return { again: false, refused: false, ...known, text: known.text(topic) }
  }
  const text = sayable(chain)
  if (chain.some(({ name }) => name === 'KafkaJSSASLAuthenticationError')) {
    return { code: 'LOG_REFUSED', again: true, refused: false, text: `Kafka refuses these credentials: check kafka.sasl (${text})` }
  }
  if (chain.some(({ name }) => name === 'TypeError')) {
    return { code: 'LOG_BROKEN', again: false, refused: false, text: `an error in Paramedic or kafkajs: ${text}` }
  }
  if (chain.some(({ name }) => name === 'KafkaJSNotImplemented')) {
    return {
      code: 'LOG_BROKEN', again: false, refused: false,
      text: `topic ${topic} holds records that Paramedic did not write and cannot unpack (${text}): only gzip is read. Use a prefix of its own`,
    }
  }
  const tls = chain.find(({ code }) => code !== undefined && /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_/.test(code))
  if (tls) return { code: 'LOG_UNREACHABLE', again: true, refused: false, text: `TLS with Kafka fails: ${text}. Check the certificates of the brokers and kafka.ssl` }
  return { code: 'LOG_UNREACHABLE', again: true, refused: false, text }
}

/**
 * An outage may last for ever; a refusal that stays the same may not. A topic that is gone, or a credential that is
 * refused, may be a broker that just started: people are called when it is still so after `limitMs`.
 */
export class Patience {
  readonly #limitMs: number
  #code: LogErrorCode | undefined
  #sinceMs = 0

  constructor(limitMs: number) {
    this.#limitMs = limitMs
  }

  worked(): void {
    this.#code = undefined
  }

  over(code: LogErrorCode): boolean {
    if (code !== this.#code) {
      this.#code = code
      this.#sinceMs = performance.now()
    }
    // What retention cut away does not come back.
    return code === 'LOG_CUT' || (code !== 'LOG_UNREACHABLE' && performance.now() - this.#sinceMs >= this.#limitMs)
  }
}

type Known = Omit<Trouble, 'again' | 'refused' | 'text'> & { again?: boolean; refused?: boolean; text: (topic: string) => string }

const denied: Known = {
  code: 'LOG_REFUSED',
  text: (topic) => `Kafka does not allow this principal to use topic ${topic}: grant it Describe, DescribeConfigs, Read and Write there, or Create on the cluster`,
}

const tooLarge: Known = {
  code: 'LOG_TOO_LARGE',
  refused: true,
  text: (topic) => `Kafka refuses the batch as too large: set max.message.bytes of topic ${topic} to at least 1048588`,
}

const byType: Readonly<Record<string, Known>> = {
  MESSAGE_TOO_LARGE: tooLarge,
  RECORD_LIST_TOO_LARGE: tooLarge,
  INVALID_RECORD: { code: 'LOG_BROKEN', refused: true, text: (topic) => `Kafka refuses a record of topic ${topic} as invalid: this is an error in Paramedic` },
  TOPIC_AUTHORIZATION_FAILED: denied,
  CLUSTER_AUTHORIZATION_FAILED: denied,
  INVALID_TOPIC_EXCEPTION: { code: 'LOG_UNFIT', text: (topic) => `${topic} is not a name that Kafka takes for a topic: choose another prefix` },
  POLICY_VIOLATION: { code: 'LOG_REFUSED', text: (topic) => `a policy of this Kafka forbids to create topic ${topic} as it must be: have its operators create it` },
  INVALID_REPLICATION_FACTOR: {
    code: 'LOG_UNREACHABLE', again: true,
    text: (topic) => `Kafka has too few brokers up to create topic ${topic}: start the others`,
  },
  UNKNOWN_TOPIC_OR_PARTITION: {
    code: 'LOG_UNFIT', again: true,
    text: (topic) => `topic ${topic} is gone: it was deleted while in use. Restore it, or start again with a new prefix; nothing is created over a lost log by itself`,
  },
  OFFSET_OUT_OF_RANGE: { code: 'LOG_CUT', again: true, text: (topic) => `topic ${topic} does not hold this position` },
  NOT_ENOUGH_REPLICAS: {
    code: 'LOG_UNREACHABLE', again: true, refused: true,
    text: (topic) => `topic ${topic} has fewer brokers in step than its min.insync.replicas: start the brokers that are down`,
  },
}

interface Cause {
  readonly name?: string | undefined
  readonly message?: string | undefined
  readonly type?: string | undefined
  readonly code?: string | undefined
}

/** The error, its cause, the cause's cause, and what an aggregate gathers; kafkajs wraps several times. */
function* causes(error: unknown, depth = 0): Generator<Cause> {
  if (typeof error !== 'object' || error === null || depth > 8) return
  const { name, message, type, code, cause, errors } = error as Record<string, unknown>
  yield { name: text(name), message: text(message), type: text(type), code: text(code) }
  yield* causes(cause, depth + 1)
  if (Array.isArray(errors)) for (const one of errors) yield* causes(one, depth + 1)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function sayable(chain: readonly Cause[]): string {
  return chain.find(({ message }) => message)?.message ?? 'an unknown failure'
}

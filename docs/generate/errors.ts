/** `docs/errors.md`: every code with which a request can be refused, and what to do about it. */
import { errors, type Code } from '../../src/http/errors.ts'
import { operations, refusalsOf, type Operation } from '../../src/http/table.ts'
import { generated } from './markdown.ts'

/** The compiler asks for each code, and for no other. */
const advice: Readonly<Record<Code, string>> = {
  BAD_JSON: 'Send one JSON document. An empty body often means that something on the way turned a POST into a GET; a body nested deeper than 64 levels, or of little but brackets, is refused before it is parsed.',
  BAD_NOTIFICATION: '`problems` names each bad alert by `index` and `field` (−1: the body as a whole). Where at least one alert of a group is good it is accepted, with 200, and the bad ones are recorded and told to people. Alertmanager does not repeat a refused notification before its next `group_interval`.',
  BAD_QUERY: 'The detail names the parameter. `after` must be an id that is still known: begin again without it.',
  BAD_REQUEST: 'The request line, a header or the address is not well-formed. Look at what stands between: a TLS client on a plain port looks like this too.',
  BAD_WORKFLOW: '`problems` names each field and what is wrong with it. Nothing was submitted.',
  KEY_REQUIRED: 'Name your request in the header `Idempotency-Key`, by something that you will still know after a crash of yours: the same key gives the same workflow for a day.',
  ENDED: 'There is nothing to cancel any more. What it did stands in its steps.',
  KEY_REUSED: 'You used this key for something else within a day: take a new one for a new request.',
  NOT_ALLOWED_HERE: '`mock` and `direct` need `edges.allowInProduction: true` in the configuration of the server that is asked.',
  NOT_PROPOSED: 'Only a version whose verified heals have proposed it is promoted; `promote` of its route says how many. Who trusts it without them writes `trust: granted` on the route.',
  NOT_ASKING: 'Somebody else answered, its time was over, or the alert went away: `state` and `timeline` of the workflow say which.',
  NOT_AWAITING_EXEC: 'It runs or ran already, it expired, or it answers an alert: `state` says which. Of many execs the first counts.',
  OLDER_SERVERS: 'Nothing was changed. `older` names them: upgrade each, or end it; one that is gone for good is declared lost within `lostAfter`. Then ask again.',
  PLAN_CHANGED: 'What you looked at is not what would be run. Read the workflow again, and answer with the digest of its plan.',
  REFUSED: 'The policies refuse it, or no plan could be made: the detail says which. `verdicts` lists what every policy says, with its numbers and when it clears. Submit again under a new key once that has changed.',
  NO_CATALOGUE: 'No runbooks are in force: the files have problems, or were never read. `paramedic check` and /healthz list them.',
  WHY_REQUIRED: 'Lifting a stop lets things act again: say why that is safe, in `why`.',
  UNAUTHORIZED: 'Send `Authorization: Bearer TOKEN`, or the token as the password of Basic. The answer is the same for no token, a wrong one and an expired one.',
  BAD_SIGNATURE: "Both sides must have the same secret and name the same headers. Where a timestamp is signed, clocks may differ by 5 minutes at most: look at both sides' time.",
  FORBIDDEN: 'The token is known and its role is another. docs/api.md says which roles may.',
  MAY_NOT_APPROVE: 'The detail says who may. A machine never approves: name the tokens of persons in `people`. Where four eyes are asked for, whoever asked for it does not count, and each person counts once, by token and by Slack alike.',
  FOREIGN_ORIGIN: "A browser said that it comes from another site. Use Paramedic's own page, or no browser. Where a proxy changes the name, put the name that people use into `advertise`.",
  NOT_FOUND: 'The address is misspelt, or nothing has this id: what is older than the retention is forgotten.',
  METHOD_NOT_ALLOWED: 'The header `Allow` says which methods this address takes.',
  TIMEOUT: 'Headers must come within 10 s and the whole request within 30 s. Look at the network, or at a sender that keeps connections open without using them.',
  AMBIGUOUS_ID: '`ids` lists what it fits: give more of the id.',
  STOP_FORCED: 'Take `force.stop` out of the configuration and start the process again.',
  UPGRADE_UNFINISHED: 'Servers of two versions may live side by side, and the older one could not fold this. Once all are upgraded, `paramedic upgrade finish`, and ask again.',
  POSITION_GONE: 'The log is kept for `retention`; what is older was removed. Begin without a position.',
  TOO_LARGE: '16 MB are taken, also after inflating; that is about 25,000 alerts. `max_alerts` bounds a group, and leaves alerts out.',
  BAD_ENCODING: 'Send the body plain or with `Content-Encoding: gzip`.',
  HEADERS_TOO_LARGE: 'All headers together may have 16 kB.',
  INTERNAL: 'A bug. The process says on stderr what it was; the answer never does.',
  BUSY: 'So much is being answered that this would not be answered in time. Come again after `Retry-After`. Stops, health and metrics are never refused so.',
  NOT_DURABLE: 'The log did not confirm within 5 s, so nobody knows whether it is on it: send it again. What lands later is joined, never run twice. /healthz says what is wrong with the log.',
  NOT_READY: 'The log cannot be written, is not read to its end, or ticks are not fresh. /healthz says which.',
  NO_INTAKE: 'Send alerts to a process that has the role `intake`, and is not about to end.',
  QUEUE_FULL: 'More waits to be written, or larger bodies are being read, than there is room for. Come again after `Retry-After`; where it lasts, the log is too slow for what is sent.',
  STARTING: 'The process reads its log before it answers. Ask again in a moment. A stop is taken all the same, and kept until the log is read; see /healthz for what is waited for.',
}

export function errorsPage(): string {
  const introduction = `# Errors

${generated}

Whatever is refused is answered with \`application/problem+json\` (RFC 9457): \`{ type, title, status, code, detail }\`. A code never changes its meaning;
\`detail\` is for people and does. No answer holds a secret, a stack, or a piece of what was sent. Where it helps to come again, \`Retry-After\` says when.
`
  return [introduction, ...(Object.keys(errors) as Code[]).map(section)].join('\n')
}

function section(code: Code): string {
  const [status, title] = errors[code]
  return [`## ${code}`, '', `**${status}** · ${title}. ${advice[code]}`, '', whoSays(code), ''].join('\n')
}

/** Where it can come from: every call, a few, or the door itself. */
function whoSays(code: Code): string {
  const all = Object.values(operations) as Operation[]
  const some = all.filter((one) => refusalsOf(one).includes(code)).map(({ method, path }) => `\`${method.toUpperCase()} ${path}\``)
  if (some.length === 0) return 'Answered by the door itself, whatever is called.'
  return some.length > 8 ? `Answered by ${some.length} of ${all.length} calls.` : `Answered by ${some.join(', ')}.`
}

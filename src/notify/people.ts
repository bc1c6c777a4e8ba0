/** Who may do what from Slack. Everyone may stop; the rest is for those who are listed, by id, never by name. */
import { slackPerson, type SlackGrant } from '../core/person.ts'

export interface Person {
  readonly user: string
  readonly team: string
  /** What Slack calls them, for people to read only. */
  readonly name: string
  /** What the setting `people` calls them. */
  readonly known?: string
}

export interface PeopleOptions {
  readonly allow: readonly SlackGrant[]
  /** Of a group; throws if Slack does not say. */
  readonly members: (team: string, group: string) => Promise<ReadonlySet<string>>
  /** Steady, in milliseconds. */
  readonly now?: () => number
}

export type May = { readonly may: true } | { readonly may: false; readonly why: string }

const freshMs = 300_000
/** While Slack does not answer, who was in a group stays in it this long. */
const staleMs = 3_600_000
const answerWithinMs = 2000

export const listedPeople = ({ allow, members, now = () => performance.now() }: PeopleOptions) => {
  const known = new Map<string, { users: ReadonlySet<string>; at: number }>()

  const inGroup = async (team: string, group: string, user: string): Promise<boolean> => {
    const key = `${team}/${group}`
    const before = known.get(key)
    if (before && now() - before.at < freshMs) return before.users.has(user)
    try {
      const users = await soon(members(team, group))
      known.set(key, { users, at: now() })
      return users.has(user)
    } catch (problem) {
      if (before && now() - before.at < staleMs) return before.users.has(user)
      throw problem
    }
  }

  return async ({ user, team }: Person): Promise<May> => {
    let unasked = ''
    for (const grant of allow) {
      if (grant.team !== team) continue
      if ('user' in grant) {
        if (grant.user === user) return { may: true }
        continue
      }
      try {
        if (await inGroup(team, grant.group, user)) return { may: true }
      } catch {
        unasked = ` Slack did not say who is in the group ${grant.group}.`
      }
    }
    return { may: false, why: `Only listed people may do this, and ${user} of ${team} is not among them.${unasked} Whoever runs Paramedic can add \`{ team: ${team}, user: ${user} }\` to \`slack.allow\`. Everyone may \`/paramedic stop\`.` }
  }
}
export type Listed = ReturnType<typeof listedPeople>

const soon = async <T>(asked: Promise<T>): Promise<T> => {
  const over = Promise.withResolvers<never>()
  const timer = setTimeout(() => over.reject(new Error('Slack did not answer in time')), answerWithinMs)
  try {
    return await Promise.race([asked, over.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** As entries say it: by the name that `people` knows them by, where it does. */
export const whoIs = (person: Person): string => person.known ?? slackPerson(person)

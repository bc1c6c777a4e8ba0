/** What became of a call to Slack, as a value. What is not known to have arrived is tried again. */

export type Outcome =
  | { readonly outcome: 'sent'; readonly channel: string; readonly ts: string }
  | { readonly outcome: 'later'; readonly afterMs: number; readonly why: string }
  | { readonly outcome: 'refused'; readonly about: About; readonly error: string }

/** What a refusal is about: the token, the channel, the message that was to be changed or answered, or what it says. */
export type About = 'token' | 'channel' | 'gone' | 'message'

export type Failure =
  | { readonly failure: 'limited'; readonly afterMs: number }
  | { readonly failure: 'refused'; readonly about: About; readonly error: string }
  | { readonly failure: 'failed'; readonly why: string }

const refusals: Readonly<Record<Exclude<About, 'message'>, readonly string[]>> = {
  token: [
    'invalid_auth', 'not_authed', 'account_inactive', 'token_revoked', 'token_expired', 'no_permission', 'missing_scope', 'not_allowed_token_type',
    'org_login_required', 'ekm_access_denied', 'team_access_not_granted', 'enterprise_is_restricted', 'access_denied', 'two_factor_setup_required',
  ],
  channel: [
    'channel_not_found', 'not_in_channel', 'is_archived', 'is_inactive', 'restricted_action', 'restricted_action_read_only_channel',
    'restricted_action_thread_only_channel', 'restricted_action_non_threadable_channel', 'channel_type_not_supported', 'messages_tab_disabled',
  ],
  gone: ['message_not_found', 'cant_update_message', 'edit_window_closed', 'thread_not_found', 'cannot_reply_to_message', 'message_deleted'],
}

/** Said with a 200 by a Slack that is not well. */
const passing = ['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'team_added_to_org', 'external_channel_migrating']

/** Of what @slack/web-api throws. */
export const failureOf = (thrown: unknown): Failure => {
  const { code, retryAfter, data, message, statusCode } = thrown as { code?: string; retryAfter?: number; data?: { error?: unknown; response_metadata?: { retryAfter?: number } }; message?: string; statusCode?: number }
  if (code === 'slack_webapi_rate_limited_error') return { failure: 'limited', afterMs: (retryAfter ?? 30) * 1000 }
  if (code !== 'slack_webapi_platform_error') return { failure: 'failed', why: statusCode === undefined ? `Slack cannot be reached: ${message ?? String(thrown)}` : `Slack answered ${statusCode}` }
  const error = typeof data?.error === 'string' ? data.error : ''
  if (error === 'ratelimited' || error === 'rate_limited' || error === 'message_limit_exceeded') return { failure: 'limited', afterMs: (data?.response_metadata?.retryAfter ?? 30) * 1000 }
  // What is no word of Slack's is a page of somebody in between.
  if (passing.includes(error) || !/^[a-z0-9_]{2,80}$/.test(error)) return { failure: 'failed', why: `Slack answered ${error === '' ? 'nothing' : error.slice(0, 80)}` }
  for (const about of ['token', 'channel', 'gone'] as const) if (refusals[about].includes(error)) return { failure: 'refused', about, error }
  return { failure: 'refused', about: 'message', error }
}

/** What people are told of, and how far that is. */
import type { Suspension } from './trust.ts'
import type { Reason } from './reason.ts'

export interface Notice {
  readonly key: string
  about:
    | { readonly kind: 'unknown'; readonly alertname: string; readonly reason: Reason; readonly detail: string; readonly episodes: string[] }
    | { readonly kind: 'workflow'; readonly workflow: string }
    | { readonly kind: 'stop'; readonly stop: string }
    | { readonly kind: 'catalogue'; readonly problems: readonly string[] }
    | { readonly kind: 'runner lost'; readonly runner: string; readonly name: string; readonly why: string }
    | { readonly kind: 'heartbeat'; readonly route: string; readonly lastAt: number; readonly missing: boolean; readonly never?: true }
    | { readonly kind: 'bad alerts'; readonly problems: readonly string[] }
    | { readonly kind: 'trust'; readonly runbook: string; readonly is: 'proposed' | 'promoted' | 'demoted' | 'rolled back'; readonly heals: number; readonly failures: number; readonly inMs?: number; readonly who?: string; readonly workflow?: string }
    | { readonly kind: 'suspended'; readonly suspension: Suspension; readonly resumed?: { readonly who: string; readonly why: string; readonly at: number } }
  urgency: 'page' | 'info'
  channel: string | undefined
  readonly firstAt: number
  lastAt: number
  count: number
  /** Grows with what there is to say; due while above what was sent. */
  revision: number
  sent?: { readonly revision: number; readonly channel: string; readonly ts: string; readonly at: number }
  /** When people were called last, and how often: told again while nobody takes it. */
  rung?: { readonly at: number; readonly times: number }
  taken?: { readonly who: string; readonly at: number }
}

/** A plan as scripts make it, and as they see it afterwards. */
import type { Json } from './core/plan.ts'

/** What a plan hands on. A change may leave out the target's `id`: it is read from the provider. */
export interface PlanResult {
  readonly changes: readonly { readonly target: string; readonly id?: string; readonly from: Json; readonly to: Json }[]
  readonly notes?: Json
}

/** What the steps see of it. */
export interface ChangeView {
  readonly target: string
  readonly id: string
  readonly from: any
  readonly to: any
}

export interface PlanView {
  readonly digest: string
  readonly changes: readonly ChangeView[]
  readonly notes: any
}

/** The words between `describe.ts` and the process that it starts. */

export interface DescribeOrder {
  /** The URL of what 'paramedic' stands for. */
  readonly api: string
  /** The URL of the folder that holds the copies, with a slash at its end. */
  readonly copies: string
  readonly scripts: readonly { readonly id: string; readonly url: string }[]
}

/** Either what the script declares, as JSON with its functions marked, or why it could not be imported. */
export interface Described {
  readonly id: string
  readonly definition?: unknown
  readonly error?: string
}

/** No text that somebody would write. */
export const functionMark = '\u0000function'

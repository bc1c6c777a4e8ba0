/** Why an edge did not make a call, or gave it up. What the outside itself answered is passed on as it was. */

export type EdgeErrorName = 'NoDeadline' | 'DeadlineOver' | 'BreakerOpen' | 'ProbeRunning' | 'TooManyWaiting' | 'RateLimited' | 'EdgeOff'

export class EdgeError extends Error {
  override readonly name: EdgeErrorName
  constructor(name: EdgeErrorName, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = name
  }
}

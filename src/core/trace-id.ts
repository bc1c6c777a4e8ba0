/** How what is known of a workflow leads to its trace in OpenTelemetry, and the other way round. */

/** A workflow's id without its dashes. */
export const traceIdOf = (workflow: string): string => workflow.replaceAll('-', '')

/** The root's is made of the random end of the id, so that whatever a job calls can hang itself under it. */
export const rootOf = (workflow: string): string => traceIdOf(workflow).slice(16)

/** As W3C Trace Context has it, for what a workflow's jobs call. */
export const traceparentOf = (workflow: string): string => `00-${traceIdOf(workflow)}-${rootOf(workflow)}-01`

/** `GET /v1/events` as a command reads it: each entry as its JSON, and each time the end was reached. */
import { CliError, request, type ClientOptions } from './client.ts'

/** Ends when the server ends it; whoever stops reading, or aborts, hangs up. */
export async function* events(options: ClientOptions, query: string, given?: AbortSignal): AsyncGenerator<string, void> {
  const ended = new AbortController()
  const signal = given === undefined ? ended.signal : AbortSignal.any([ended.signal, given])
  try {
    const response = await request(options, 'GET', `/v1/events?${query}`, { signal, headers: { accept: 'text/event-stream' } })
    let rest = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n')
      rest = blocks.pop()!
      for (const block of blocks) {
        const data = block.split('\n').find((line) => line.startsWith('data: '))
        if (block.startsWith('event: caught-up')) yield 'caught up'
        else if (data !== undefined) yield data.slice('data: '.length)
      }
    }
  } catch (problem) {
    if (signal.aborted) return
    if (problem instanceof CliError) throw problem
    throw new CliError(3, `the server went away (${problem instanceof Error ? problem.message : String(problem)})`)
  } finally {
    ended.abort()
  }
}

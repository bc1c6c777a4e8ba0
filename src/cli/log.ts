/** `paramedic log`: entries as JSON lines. */
import type { Cli } from './main.ts'
import { request } from './client.ts'

export const register = ({ program, client }: Cli): void => {
  program.command('log').description('entries as JSON lines').option('--from <position>', 'from there on', '0').option('--follow', 'and go on with what comes').addHelpText('after', '\nExample:\n  paramedic log --from 0 | jq .kind')
    .action(async ({ from, follow }: { from: string; follow?: boolean }) => {
      const health = (await (await request(client(), 'GET', '/healthz')).json()) as { position: number }
      if (!follow && Number(from) >= health.position) return
      const response = await request({ ...client(), timeoutMs: follow ? 2 ** 31 - 1 : client().timeoutMs }, 'GET', `/v1/events?from=${encodeURIComponent(from)}`)
      let rest = ''
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + chunk).split('\n\n')
        rest = blocks.pop()!
        for (const block of blocks) {
          const data = block.split('\n').find((line) => line.startsWith('data: '))?.slice(6)
          if (data === undefined) continue
          process.stdout.write(`${data}\n`)
          if (!follow && (JSON.parse(data) as { position: number }).position >= health.position - 1) return process.exit(0)
        }
      }
    })
}

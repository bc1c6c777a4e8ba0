/** The proxy of proxy.ts, for one test: it knows these names, and says what went through it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'

export const startProxy = async (t: TestContext, known: Readonly<Record<string, number>>) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'proxy.ts'), ...Object.entries(known).map(([name, port]) => `${name}=${port}`)], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })
  const [port] = (await once(lines, 'line')) as [string]
  const passed: string[] = []
  lines.on('line', (line) => passed.push(line))
  return { url: `http://127.0.0.1:${port}`, passed }
}

/** A server of its own process for tests that kill it: `node server.ts STATE PORT SERVICES LOG`, with a say on stdout. */
import { loadConfig } from '../../src/config.ts'
import { serve } from '../../src/serve.ts'

const [state = '', port = '0', services = '', log = ''] = process.argv.slice(2)
const loaded = await loadConfig({
  cwd: process.cwd(), flags: {},
  env: { PARAMEDIC_STATE: state, PARAMEDIC_LISTEN: `127.0.0.1:${port}`, ...(services ? { PARAMEDIC_PROVIDERS_LOCAL_SERVICES: services } : {}), ...(log ? { PARAMEDIC_LOG: log } : {}) },
})
if (!loaded.config) throw new Error(JSON.stringify(loaded.problems))
const served = await serve(loaded.config, { say: (text) => process.stderr.write(`${text}\n`), tellPeople: () => {} })
process.stdout.write(`${served.url}\n`)
process.once('SIGTERM', () => void served.close(1000).then(() => process.exit(0)))

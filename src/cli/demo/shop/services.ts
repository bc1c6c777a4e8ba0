/** The demo's shop, declared as any service of this machine is. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beside } from '../place.ts'

/** How long a replica serves one customer: 25 customers a second each. */
const serviceMs = 40

export function writeServices(folder: string): string {
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', beside('shop/replica', 'code'), '{port}', String(serviceMs)]
  const service = (min: number, max: number, replicas: number) => ({
    command, min, max, replicas, health: { url: 'http://127.0.0.1:{port}/healthz', every: '300ms', timeout: '600ms' }, labels: { shop: 'demo' }, stopWithin: '2s',
  })
  const file = join(folder, 'services.yaml')
  // JSON is YAML too.
  writeFileSync(file, JSON.stringify({ services: { web: service(1, 5, 2), api: service(1, 3, 1) } }))
  return file
}

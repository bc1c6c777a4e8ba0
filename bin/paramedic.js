#!/usr/bin/env node
// Plain old JavaScript, so that an old Node can say what is wrong. In a checkout the npm package `node` brings the right one.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const wanted = 26
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
if (Number(process.versions.node.split('.')[0]) < wanted) {
  const own = here('../node_modules/node/bin/node')
  if (!existsSync(own)) {
    console.error(`paramedic needs Node ${wanted} or newer; this is ${process.versions.node}.`)
    console.error('Run `npm ci` in the checkout, which brings it, or install it.')
    process.exit(78)
  }
  const { status, signal } = spawnSync(own, process.argv.slice(1), { stdio: 'inherit' })
  process.exit(signal ? 1 : (status ?? 1))
}
const built = here('../dist/cli/main.js')
await import(existsSync(built) ? built : here('../src/cli/main.ts'))

#!/usr/bin/env node
// Plain old JavaScript, so that an old Node can still say what is wrong. In a checkout the npm package `node` brings the
// right one, and `npx paramedic` then works whatever the machine has.
import { spawn } from 'child_process'
import { existsSync, readdirSync, statSync } from 'fs'
import { fileURLToPath } from 'url'

var wanted = 26
var here = function (path) { return fileURLToPath(new URL(path, import.meta.url)) }
var own = here('../node_modules/node/bin/node')

if (Number(process.versions.node.split('.')[0]) >= wanted) run()
else if (existsSync(own) && !process.env.PARAMEDIC_REEXECUTED) reexecute()
else {
  console.error('paramedic needs Node ' + wanted + ' or newer; this is ' + process.versions.node + '.')
  console.error('In a checkout `npm ci` brings it; elsewhere install it from https://nodejs.org or use the container image.')
  process.exit(78)
}

function run() {
  delete process.env.PARAMEDIC_REEXECUTED
  var built = isBuilt()
  // What the build compiled is read instead of compiled once more.
  if (built && process.env.NODE_COMPILE_CACHE === undefined) process.getBuiltinModule('module').enableCompileCache(here('../dist/compile-cache'))
  // The server is one file; the other commands load what they use.
  var main = process.argv.indexOf('serve') === -1 ? '../dist/cli/main.js' : '../dist/server.js'
  import(built ? here(main) : here('../src/cli/main.ts'))
    .then(function (cli) { return cli.run(process.argv.slice(2)) })
    .then(function (code) { process.exitCode = code })
}

// `npm run build` writes built.json last. Where it is older than a source, somebody is at work on the sources.
function isBuilt() {
  var stamp = here('../dist/built.json')
  if (!existsSync(stamp)) return false
  var builtAt = statSync(stamp).mtimeMs
  var sources = here('../src')
  if (!existsSync(sources)) return true
  return readdirSync(sources, { recursive: true }).every(function (file) { return statSync(sources + '/' + file).mtimeMs <= builtAt })
}

function reexecute() {
  var env = Object.assign({}, process.env, { PARAMEDIC_REEXECUTED: '1' })
  var child = spawn(own, process.argv.slice(1), { stdio: 'inherit', env: env })
  // Whoever ends us means the one that does the work.
  var signals = ['SIGTERM', 'SIGINT', 'SIGHUP']
  signals.forEach(function (name) { process.on(name, function () { child.kill(name) }) })
  child.on('error', function (problem) {
    console.error(own + ' cannot be started: ' + problem.message)
    process.exit(78)
  })
  child.on('exit', function (code, signal) {
    if (signal === null) process.exit(code)
    signals.forEach(function (name) { process.removeAllListeners(name) })
    process.kill(process.pid, signal)
  })
}

/**
 * `npm run build`: `dist/`, which starts in half the time of the sources. Small packages are bundled, so that a start reads
 * a few files instead of hundreds; the large ones, which are loaded only where they are used, stay in node_modules.
 * `dist/built.json` is written last: without it, or with sources that are newer, `bin/paramedic.js` takes the sources.
 */
import { build, type Plugin } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const out = join(root, 'dist')

/** What is started by itself, a process, a thread, or a module that other processes import: each is one file, since each module more costs a start half a millisecond. */
const started = [
  'src/serve.ts', 'src/runbook.ts', 'src/runner/child.ts', 'src/runner/spawner.ts', 'src/log/sqlite-worker.ts', 'src/follow/snapshot-worker.ts', 'src/follow/archive-worker.ts', 'src/http/big-worker.ts', 'src/runner/code-worker.ts',
  'src/catalog/describe-child.ts', 'src/trial/child.ts', 'src/providers/local-keeper.ts', 'src/cli/demo/shop/replica.ts',
]
/** The commands: the one that is used is loaded, and no other. With `serve` everything is, as one file: `dist/server.js`. */
const cli = 'src/cli/main.ts'
/** `zx` because scripts are handed its objects; the others because they are large and seldom used. */
const external = ['zx', 'zx/*', 'kafkajs', 'dockerode', '@slack/*', '@aws-sdk/*', '@kubernetes/*', 'undici']

/**
 * Node's own modules by `require`: an import of one reads all that it exports, and with `node:http` that loads a whole second
 * HTTP client (70 ms and 15 MB of a start), which is there for `WebSocket` only.
 */
const ownModules: Plugin = {
  name: 'own modules by require',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path, kind }) => (kind === 'import-statement' ? { path, namespace: 'own' } : { path, external: true }))
    onLoad({ filter: /.*/, namespace: 'own' }, ({ path }) => ({ contents: `module.exports = require(${JSON.stringify(path)})` }))
  },
}

/** Parts of packages that load with them and that nothing of ours uses. Whoever comes to use one hears of it. */
const unused: Plugin = {
  name: 'unused parts',
  setup: ({ onLoad }) => {
    // Bodies are read by `src/http/body.ts`; its tables of character sets alone are 300 kB.
    const readers = ['json', 'raw', 'text', 'urlencoded'].map((name) => `${name}() { throw new Error('the build leaves out body-parser') }`)
    onLoad({ filter: /node_modules\/body-parser\/index\.js$/ }, () => ({ contents: `module.exports = { ${readers.join(', ')} }` }))
    onLoad({ filter: /node_modules\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "export { default as en } from './en.js'" }))
  },
}

/** What bundled CommonJS asks for at run time. */
const banner = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

rmSync(out, { recursive: true, force: true })
const make = (entryPoints: string[] | Record<string, string>, splitting: boolean) => build({
  absWorkingDir: root, entryPoints, outbase: 'src', outdir: out, bundle: true, splitting, external, format: 'esm', platform: 'node', target: 'node26',
  sourcemap: true, minifyWhitespace: true, minifySyntax: true, plugins: [ownModules, unused], banner: { js: banner }, legalComments: 'linked', logLevel: 'warning',
})
await Promise.all([make(started, false), make({ server: cli, 'read-child': 'src/catalog/read-child.ts' }, false), make([cli], true)])
cpSync(join(root, 'src/cli/demo/catalogue'), join(out, 'cli/demo/catalogue'), { recursive: true })
// Compiled once here: an image whose file system is read-only could not keep it.
const warm = "const { enableCompileCache, flushCompileCache } = require('module'); enableCompileCache(process.argv[1]); Promise.all(process.argv.slice(2).map((file) => import(file))).then(() => flushCompileCache())"
const files = ['cli/main.js', 'server.js', 'read-child.js', 'runbook.js']
const { status } = spawnSync(process.execPath, ['-e', warm, join(out, 'compile-cache'), ...files.map((file) => join(out, file))], { stdio: 'inherit', timeout: 60_000 })
if (status !== 0) throw new Error(`what was built cannot be loaded: ${status}`)
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
writeFileSync(join(out, 'built.json'), `${JSON.stringify({ version, node: process.version })}\n`)

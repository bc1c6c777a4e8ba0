import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseServices, readServices, ServicesProblem } from '../../src/providers/local-services.ts'

const web = (lines: string): string => `services:\n  web:\n    command: [serve]\n    min: 1\n    max: 3\n${lines}`

const rows: readonly (readonly [text: string, says: RegExp, reason: string])[] = [
  ['', /services\.yaml:1: services is missing/, 'an empty file declares nothing'],
  ['services: {}', /services\.yaml:1: services is empty/, 'empty never means everything, nor nothing'],
  ['services: [', /is not YAML/, 'torn YAML has its line'],
  [web('    replica: 2\n'), /services\.yaml:6: services\.web\.replica is not known.*replicas/s, 'a misspelt key is named with what was meant'],
  [web('    replicas: 4\n'), /services\.yaml:6: .*between min and max, 1 to 3/, 'a start outside of the bounds'],
  ['services:\n  web: { command: [serve], min: 4, max: 3 }\n', /above max, 3/, 'bounds the wrong way round'],
  ['services:\n  web: { command: serve --port 80, min: 1, max: 3 }\n', /must be a list/, 'no shell reads a command'],
  ['services:\n  web: { command: [], min: 1, max: 3 }\n', /is empty: name the program/, 'nothing to run'],
  ['services:\n  We b: { command: [serve], min: 1, max: 3 }\n', /lower case letters/, 'names become file names'],
  ['services:\n  ../x: { command: [serve], min: 1, max: 3 }\n', /lower case letters/, 'and must not leave the folder'],
  [web('    ports: 9100\n'), /FIRST-LAST/, 'one port is no range'],
  [web('    ports: 9100-9102\n'), /4 ports at least/, 'a restart needs a port more than max'],
  [web("    health: { url: 'http://169.254.169.254/' }\n"), /of this machine/, 'the keeper asks no other machine'],
  [web("    health: { url: 'https://127.0.0.1:{port}/' }\n"), /of this machine/, 'plain http only'],
  [web('    health: { every: 1s }\n'), /a url or a command/, 'nothing to ask'],
  [web("    health: { url: 'http://127.0.0.1/', command: [check] }\n"), /a url or a command/, 'two things to ask'],
  [web("    health: { command: [check], every: 1 }\n"), /with its unit/, 'a number leaves the unit to guessing'],
  [web('    env: { "A B": c }\n'), /letters, digits and _/, 'no name of a variable'],
]

for (const [text, says, reason] of rows) {
  test(`refused: ${reason}`, () => {
    assert.throws(() => parseServices(text, 'services.yaml'), (error) => {
      assert.ok(error instanceof ServicesProblem)
      assert.match(error.message, says)
      return true
    })
  })
}

test('every problem of the file is told at once', () => {
  const text = 'services:\n  web: { command: [], min: 4, max: 3 }\n  api: { command: [serve], min: 1 }\n'
  assert.throws(() => parseServices(text, 'services.yaml'), (error) => error instanceof ServicesProblem && error.problems.length >= 2)
})

test('a file that is not there is told with its name', () =>
  assert.rejects(readServices('/nowhere/services.yaml'), /\/nowhere\/services\.yaml:1: cannot be read \(ENOENT\)/))

test('what the file does not say has a default', () => {
  assert.deepEqual(parseServices('services:\n  job: { command: [work], min: 0, max: 2 }\n', '/etc/shop/services.yaml')['job'], {
    command: ['work'], directory: '/etc/shop', env: {}, min: 0, max: 2, replicas: 1, ports: 'any free', health: undefined, labels: {}, stopWithinMs: 10_000,
  })
})

/** Tables on a terminal. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { table } from '../../src/cli/out.ts'

const onTerminal = (t: TestContext): void => {
  const before = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY')
  Object.defineProperty(process.stdout, 'isTTY', { value: true, configurable: true })
  t.after(() => (before === undefined ? delete (process.stdout as Partial<typeof process.stdout>).isTTY : Object.defineProperty(process.stdout, 'isTTY', before)))
}

test('one long label takes no table apart: it is whole, and only its own row is wide', (t) => {
  onTerminal(t)
  const long = 'A'.repeat(3000)
  const [head, wide, short] = stripVTControlCharacters(table(['ID', 'ALERT', 'WHY'], [['1', long, 'no route'], ['2', 'Slow', 'rate']])).split('\n')
  assert.equal(wide, `1   ${long}  no route`)
  assert.equal(short, `2   Slow${' '.repeat(58)}rate`)
  assert.equal(head, `ID  ALERT${' '.repeat(57)}WHY`)
})

/** A certificate whose files cannot even be looked at, by a clock that the test owns. */
import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openCertificates } from '../../src/http/certificates.ts'
import { createAuthority, noOpenssl } from '../servers/authority.ts'

test('a file that cannot be looked at ends nothing: the one before stays, it is told once, and is taken when it is back', { skip: noOpenssl }, (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'paramedic-certificates-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  t.mock.timers.enable({ apis: ['setInterval'] })
  const files = createAuthority(join(dir, 'ca')).issue('first')
  const told: string[] = []
  const certificates = openCertificates(files, (text) => void told.push(text))
  t.after(() => certificates.close())
  const before = certificates.now().cert
  renameSync(files.cert, `${files.cert}.away`)
  symlinkSync(files.cert, files.cert) // which leads to itself
  t.mock.timers.tick(15_000)
  assert.deepEqual([told.length, certificates.health().detail, certificates.now().cert], [1, told[0], before])
  assert.match(told[0]!, /and the one before stays: ELOOP/)
  renameSync(`${files.cert}.away`, files.cert)
  t.mock.timers.tick(5000)
  assert.deepEqual([told.length, certificates.health().detail.startsWith('valid until')], [1, true])
})

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { temporaryFolder } from '../../test/support/folder.ts'
import { certificatesIn, vouchesFor } from './chain.ts'
import { makeCa, makeServer } from './x509.ts'

const VALID = { notBefore: Date.UTC(2026, 10, 22), notAfter: Date.UTC(2027, 10, 22) }
const ca = (commonName: string) => makeCa({ commonName }, commonName, VALID)
const [one, two, other] = [ca('one'), ca('two'), ca('one')]
const server = makeServer('a.svc', VALID, one.authority).certificate

for (const [what, bundle, served, expected] of [
  ['its authority', one.certificate, server, true],
  ['its authority among others', two.certificate + one.certificate, server, true],
  ['its authority after garbage', `hello\n${one.certificate}`, server, true],
  ['the certificate itself', server, server, true],
  ['a longer chain than needed', one.certificate, server + two.certificate, true],
  ['another authority', two.certificate, server, false],
  ['another of the same name', other.certificate, server, false],
  ['its authority shown by the server only', two.certificate, server + one.certificate, false],
  ['nothing', '', server, false],
  ['garbage', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', server, false],
  ['no certificate to vouch for', one.certificate, '', false],
] as const) {
  test(`a bundle with ${what} ${expected ? 'vouches' : 'does not vouch'}`, () => {
    assert.equal(vouchesFor(bundle, served), expected)
  })
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

test('by way of one between the two', { skip: !hasOpenssl && 'openssl is not installed' }, () => {
  using folder = temporaryFolder({
    'one.crt': one.certificate,
    'one.key': String(one.authority.key.export({ type: 'pkcs8', format: 'pem' })),
  })
  // Ours never makes one that may sign and is signed itself.
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const by = ['-CA', folder.path('one.crt'), '-CAkey', folder.path('one.key')]
  const to = ['-keyout', folder.path('middle.key'), '-out', folder.path('middle.crt')]
  // Named by a hash of another kind, its key would not be the one that we name.
  const names = ['-addext', 'subjectKeyIdentifier=none']
  const what = ['-subj', '/CN=middle', '-addext', 'keyUsage=keyCertSign', ...names]
  execFileSync('openssl', ['req', '-x509', ...ec, ...by, ...to, ...what], { stdio: 'ignore' })
  const middle = readFileSync(folder.path('middle.crt'), 'utf8')
  const key = createPrivateKey(readFileSync(folder.path('middle.key')))
  const authority = { name: { commonName: 'middle' }, key, publicKey: createPublicKey(key) }
  const served = makeServer('b.svc', VALID, authority).certificate
  assert.equal(vouchesFor(one.certificate, served), false, 'one is missing')
  assert.equal(vouchesFor(one.certificate, served + middle), true)
  assert.equal(vouchesFor(two.certificate, served + middle), false)
})

test('what cannot be read is left out', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  assert.equal(certificatesIn(pem + one.certificate + two.certificate).length, 2)
})

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { temporaryFolder } from '../../test/support/folder.ts'
import type { Wanted } from './ca-bundle.ts'
import {
  type CertificateData,
  type CertificateStore,
  certificateDue,
  ensureCertificate,
  renewed,
  type StoredCertificate,
} from './certs.ts'

const NAME = 'metallb-webhook-service.metallb-system.svc'
const NOW = Date.UTC(2026, 10, 22)
const DAY = 86_400_000
const NOTHING: CertificateData = { 'ca.crt': '', 'ca.key': '', 'tls.crt': '', 'tls.key': '' }
const GOOD = renewed(NOW, NOTHING, NAME)
const OTHER = renewed(NOW, NOTHING, NAME)
const SERVER_END = new X509Certificate(GOOD['tls.crt']).validToDate.getTime()
const CA_END = new X509Certificate(GOOD['ca.crt']).validToDate.getTime()

const rsaKey = String(
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs1',
    format: 'pem',
  }),
)

for (const [what, now, data, renew, because] of [
  ['fresh', NOW, GOOD, 'nothing', 'both are good'],
  ['an empty Secret', NOW, NOTHING, 'both', 'the authority is missing'],
  ['91 days left', SERVER_END - 91 * DAY, GOOD, 'nothing', 'both are good'],
  [
    '89 days left',
    SERVER_END - 89 * DAY,
    GOOD,
    'server',
    'the server certificate expires in 89 days',
  ],
  ['expired', SERVER_END + DAY, GOOD, 'server', 'the server certificate has expired'],
  ['89 days of the authority', CA_END - 89 * DAY, GOOD, 'both', 'the authority expires in 89 days'],
  ['a clock of last year', NOW - 365 * DAY, GOOD, 'both', 'the authority is not good yet'],
  [
    'a server certificate of another authority',
    NOW,
    { ...GOOD, 'tls.crt': OTHER['tls.crt'], 'tls.key': OTHER['tls.key'] },
    'server',
    'the server certificate is not signed by the authority',
  ],
  [
    'a key of another certificate',
    NOW,
    { ...GOOD, 'tls.key': OTHER['tls.key'] },
    'server',
    'the server certificate does not belong to its key',
  ],
  [
    'a server certificate in the place of the authority',
    NOW,
    { ...GOOD, 'ca.crt': GOOD['tls.crt'], 'ca.key': GOOD['tls.key'] },
    'both',
    'the authority may not sign',
  ],
  [
    'an authority with a key of another kind',
    NOW,
    { ...GOOD, 'ca.key': rsaKey },
    'both',
    'the authority does not belong to its key',
  ],
] as const) {
  test(`what is due: ${what}`, () => {
    assert.deepEqual(certificateDue(now, data, NAME), { renew, because })
    const after = renewed(now, data, NAME)
    assert.equal(certificateDue(now, after, NAME).renew, 'nothing', 'afterwards nothing is due')
    if (renew === 'nothing') assert.equal(after, data)
    assert.equal(after['ca.key'] === data['ca.key'], renew !== 'both')
    assert.equal(after['tls.crt'] === data['tls.crt'], renew === 'nothing')
  })
}

test('what is due: garbage', () => {
  const due = certificateDue(NOW, { ...GOOD, 'ca.crt': 'garbage' }, NAME)
  assert.equal(due.renew, 'both')
  assert.match(due.because, /^the authority cannot be read: /)
})

test('what is due: another name', () => {
  const { renew, because } = certificateDue(NOW, GOOD, 'webhook.other.svc')
  assert.equal(renew, 'server')
  assert.equal(because, 'the server certificate is not for webhook.other.svc')
})

test('a new authority leaves the old one trusted, and not the one before that', () => {
  const second = renewed(CA_END - DAY, GOOD, NAME)
  assert.ok(second['ca.crt'].endsWith(GOOD['ca.crt']), 'old and new')
  const much = CA_END + 3650 * DAY
  const third = renewed(much, second, NAME)
  assert.ok(!third['ca.crt'].includes(GOOD['ca.crt'].trim()), 'the first has expired')
  assert.equal(third['ca.crt'].match(/BEGIN/g)?.length, 1, 'and so has the second')
})

test('names and times', () => {
  const ca = new X509Certificate(GOOD['ca.crt'])
  const server = new X509Certificate(GOOD['tls.crt'])
  assert.equal(ca.subject, 'O=metallb\nCN=cert')
  assert.equal(ca.ca, true)
  assert.equal(server.ca, false)
  assert.equal(server.issuer, ca.subject)
  assert.equal(server.subject, `CN=${NAME}`)
  assert.equal(server.subjectAltName, `DNS:${NAME}`)
  assert.deepEqual(server.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  const hour = 3_600_000
  for (const [one, days] of [
    [ca, 3650],
    [server, 365],
  ] as const) {
    assert.equal(one.validFromDate.getTime(), NOW - hour)
    assert.equal(one.validToDate.getTime(), NOW - hour + days * DAY)
  }
})

test('a name longer than a common name may be', () => {
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.svc`
  const data = renewed(NOW, NOTHING, long)
  assert.equal(certificateDue(NOW, data, long).renew, 'nothing')
})

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const openssl = { skip: hasOpenssl ? false : 'openssl is not installed' }

test('OpenSSL, in its strictest mood, accepts the chain for a server', openssl, () => {
  using folder = temporaryFolder({ 'ca.crt': GOOD['ca.crt'], 'tls.crt': GOOD['tls.crt'] })
  const at = String(NOW / 1000)
  const args = ['-x509_strict', '-purpose', 'sslserver', '-verify_hostname', NAME, '-attime', at]
  const output = execFileSync(
    'openssl',
    ['verify', ...args, '-CAfile', folder.path('ca.crt'), folder.path('tls.crt')],
    { encoding: 'utf8' },
  )
  assert.match(output, /: OK\n$/)
})

/** A Secret, somebody else who writes it first, and a list of what was done in which order. */
class Store implements CertificateStore {
  readonly done: string[] = []
  stored: StoredCertificate | undefined
  bundle = ''
  #rivals: CertificateData[]

  constructor(data: CertificateData | undefined, ...rivals: CertificateData[]) {
    this.stored = data && { data, resourceVersion: '1' }
    this.#rivals = rivals
  }
  async readSecret() {
    return this.stored
  }
  async writeSecret({ data, resourceVersion }: StoredCertificate) {
    const rival = this.#rivals.shift()
    if (rival) this.#store(rival)
    if (this.stored?.resourceVersion !== resourceVersion) return false
    this.#store(data)
    this.done.push('write')
    return true
  }
  async patchCaBundle({ bundle, isEnough }: Wanted) {
    if (isEnough(this.bundle)) return
    this.bundle = bundle
    this.done.push('patch')
  }
  #store(data: CertificateData) {
    this.stored = { data, resourceVersion: `${this.stored?.resourceVersion}+` }
  }
}

const at = (now: number) => ({ now, dnsName: NAME })

test('an empty Secret is filled, its authority made known; the second time nothing is done', async () => {
  const store = new Store(NOTHING)
  const first = await ensureCertificate(store, at(NOW))
  assert.deepEqual(store.done, ['write', 'patch'])
  assert.equal(store.stored?.data['tls.crt'], first.certificate)
  assert.equal(store.bundle, first.caBundle)
  assert.deepEqual(await ensureCertificate(store, at(NOW)), first)
  assert.deepEqual(store.done, ['write', 'patch'])
})

test('a bundle that somebody blanked comes back', async () => {
  const store = new Store(GOOD)
  await ensureCertificate(store, at(NOW))
  store.bundle = ''
  await ensureCertificate(store, at(NOW))
  assert.deepEqual(store.done, ['patch', 'patch'])
})

test('another replica was faster: its certificate is taken', async () => {
  const store = new Store(NOTHING, OTHER)
  const { certificate, caBundle } = await ensureCertificate(store, at(NOW))
  assert.equal(certificate, OTHER['tls.crt'])
  assert.equal(caBundle, OTHER['ca.crt'])
  assert.deepEqual(store.done, ['patch'])
})

test('somebody who always writes first and never well', async () => {
  const store = new Store(NOTHING, ...Array<CertificateData>(5).fill(NOTHING))
  await assert.rejects(ensureCertificate(store, at(NOW)), /written by somebody else 5 times/)
  assert.equal(store.bundle, '')
})

test('no Secret at all: one is made', async () => {
  const store = new Store(undefined)
  const { certificate } = await ensureCertificate(store, at(NOW))
  assert.deepEqual(store.done, ['write', 'patch'])
  assert.equal(store.stored?.data['tls.crt'], certificate)
})

const servedWith = (data: CertificateData) => ({
  ...{ certificate: data['tls.crt'], key: data['tls.key'], caBundle: data['ca.crt'] },
})

test('an emptied Secret: a new authority, and the one we serve with until then', async () => {
  const store = new Store(NOTHING)
  const served = servedWith(GOOD)
  const next = await ensureCertificate(store, { ...at(NOW), served })
  assert.notEqual(next.certificate, served.certificate)
  assert.equal(store.bundle, next.caBundle + served.caBundle)
  assert.equal(store.stored?.data['ca.crt'], next.caBundle, 'and the Secret knows only the new one')
  await ensureCertificate(store, { ...at(NOW), served: next })
  assert.deepEqual(store.done, ['write', 'patch'], 'more than enough is enough')
  store.bundle = ''
  await ensureCertificate(store, { ...at(NOW), served: next })
  assert.equal(store.bundle, next.caBundle, 'what was emptied has nothing old any more')
})

test('a bundle that somebody else wrote stays when it says enough', async () => {
  const store = new Store(GOOD)
  store.bundle = `# by hand\n${OTHER['ca.crt']}${GOOD['ca.crt']}`
  await ensureCertificate(store, at(NOW))
  assert.deepEqual(store.done, [])
  store.bundle = OTHER['ca.crt']
  await ensureCertificate(store, at(NOW))
  assert.deepEqual(store.done, ['patch'])
})

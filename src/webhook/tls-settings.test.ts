import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { parseTlsFlags, type TlsFlags } from './tls-settings.ts'

const none: TlsFlags = { minVersion: '', cipherSuites: '', curvePreferences: '' }
const V12 = { minVersion: 'VersionTLS12' }

for (const [what, flags, expected] of [
  ['nothing set: TLS 1.3', {}, { minVersion: 'TLSv1.3' }],
  ['the oldest version', { minVersion: 'VersionTLS10' }, { minVersion: 'TLSv1' }],
  [
    'suites by IANA names, blanks around',
    {
      ...V12,
      cipherSuites:
        ' TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 ,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
    },
    {
      minVersion: 'TLSv1.2',
      ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305',
    },
  ],
  [
    'curves, in their order',
    { curvePreferences: '4588, 29,23,24,25' },
    { minVersion: 'TLSv1.3', ecdhCurve: 'X25519MLKEM768:X25519:P-256:P-384:P-521' },
  ],
] as const) {
  test(`TLS flags: ${what}`, () => {
    const settings = parseTlsFlags({ ...none, ...flags })
    assert.deepEqual(settings, expected)
    // The names are ones that OpenSSL knows.
    assert.ok(createSecureContext(settings as object))
  })
}

for (const [what, flags, sentence] of [
  [
    'an unknown version',
    { minVersion: '1.2' },
    '--tls-min-version: "1.2" is none of VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13',
  ],
  [
    'suites where TLS 1.3 is the default',
    { cipherSuites: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256' },
    '--tls-cipher-suites: TLS 1.3 chooses its suites itself; set --tls-min-version=VersionTLS12, or leave them out',
  ],
  [
    'an unknown suite',
    { ...V12, cipherSuites: 'TLS_RSA_WITH_RC4' },
    '--tls-cipher-suites: "TLS_RSA_WITH_RC4" is not a known suite',
  ],
  ['an empty suite', { ...V12, cipherSuites: ',' }, '--tls-cipher-suites: "" is not a known suite'],
  [
    'a curve by name',
    { curvePreferences: 'P-256' },
    '--tls-curve-preferences: "P-256" is not a number',
  ],
  [
    'a curve out of range',
    { curvePreferences: '65536' },
    '--tls-curve-preferences: 65536 is not from 1 to 65535',
  ],
  [
    'a curve twice',
    { curvePreferences: '29,29' },
    '--tls-curve-preferences: 29 stands there twice',
  ],
  [
    'a curve nobody has',
    { curvePreferences: '30' },
    '--tls-curve-preferences: 30 is none of 23, 24, 25, 29, 4588',
  ],
] as const) {
  test(`TLS flags refused: ${what}`, () => {
    assert.equal(parseTlsFlags({ ...none, ...flags }), sentence)
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutSecrets } from './shown-text.ts'

for (const [line, shown] of [
  [' neighbor 192.0.2.1 password hush', ' neighbor 192.0.2.1 password ***'],
  ['no neighbor fabric password 8 hush hush', 'no neighbor fabric password ***'],
  ['\tneighbor 2001:db8::1\tpassword\thush', '\tneighbor 2001:db8::1\tpassword ***'],
  ['password hush', 'password ***'],
  ['enable password hush', 'enable password ***'],
  ['  key-string hush', '  key-string ***'],
  [' ip ospf message-digest-key 1 md5 hush', ' ip ospf message-digest-key 1 md5 ***'],
  [' isis password clear hush', ' isis password ***'],
  [' domain-password md5 hush', ' domain-password ***'],
  [' ip ospf authentication-key hush', ' ip ospf authentication-key ***'],
  [' NEIGHBOR 192.0.2.1 PASSWORD hush', ' NEIGHBOR 192.0.2.1 PASSWORD ***'],
  ['service password-encryption', 'service password-encryption'],
  [' neighbor 192.0.2.1 remote-as 64512', ' neighbor 192.0.2.1 remote-as 64512'],
] as const) {
  test(`as people may read it: ${shown.trim()}`, () => assert.equal(withoutSecrets(line), shown))
}

test('each line of a text by itself', () => {
  const text =
    'router bgp 1\n neighbor a password hush\n neighbor a bfd\n neighbor b password hush\n'
  const shown =
    'router bgp 1\n neighbor a password ***\n neighbor a bfd\n neighbor b password ***\n'
  assert.equal(withoutSecrets(text), shown)
  assert.equal(withoutSecrets(text.replaceAll('\n', '\r\n')).includes('hush'), false)
})

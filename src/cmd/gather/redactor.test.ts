import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redactor } from './redactor.ts'

const SECRET = 'hunter2-of-the-router'
const BASE64 = Buffer.from(SECRET).toString('base64')
const PEM = `-----BEGIN EC PRIVATE KEY-----\n${BASE64}\n-----END EC PRIVATE KEY-----`
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzcGVha2VyIn0.c2lnbmF0dXJl'
const PEER = { kind: 'BGPPeer', spec: { peerASN: 64512, password: SECRET } }

/** Where a secret stands, and what is left of it. */
for (const [what, text, expected] of [
  ['a line of FRR', ` neighbor 10.0.0.1 password ${SECRET}`, ' neighbor 10.0.0.1 password ***'],
  ['with blanks in it', ' neighbor eth0 password two words ', ' neighbor eth0 password ***'],
  ['taken away', `no neighbor 10.0.0.1 password ${SECRET}`, 'no neighbor 10.0.0.1 password ***'],
  [
    'of the terminal',
    'enable password letmein\npassword letmein',
    'enable password ***\npassword ***',
  ],
  ['of OSPF', ' ip ospf message-digest-key 1 md5 abcd', ' ip ospf message-digest-key 1 md5 ***'],
  ['a key chain', '  key-string abcdef', '  key-string ***'],
  ['YAML', 'password: letmein', 'password: ***'],
  ['JSON', '{"password":"let me in","a":1}', '{"password":***,"a":1}'],
  ['a log', '{"msg":"{\\"password\\":\\"let me in\\"}"}', '{"msg":"{\\"password\\":***}"}'],
  ['a flag', '--token=letmein --port=1', '--token=*** --port=1'],
  ['a header', 'Authorization: Bearer abcdefghij', 'Authorization: Bearer ***'],
  ['a token', `it was ${JWT}.`, 'it was ***.'],
  ['an address', 'https://me:letmein@example.org/', 'https://me:***@example.org/'],
  ['a private key', `a\n${PEM}\nb`, 'a\n[private key removed]\nb'],
  ['half a private key', `a\n${PEM.slice(0, 50)}`, 'a\n[private key removed]'],
  ['words', 'the password is letmein', 'the password is ***'],
  [
    'nothing',
    'neighbor 10.0.0.1 timers 3 9\npasswordSecret:',
    'neighbor 10.0.0.1 timers 3 9\npasswordSecret:',
  ],
] as const) {
  test(`text: ${what}`, () => assert.equal(new Redactor().text(text), expected))
}

test('a password of FRR is known from then on', () => {
  const redactor = new Redactor()
  redactor.text(` neighbor 10.0.0.1 password ${SECRET}`)
  assert.equal(redactor.withoutKnown(`said ${SECRET} and ${BASE64}`), 'said *** and ***')
})

for (const [what, object, expected] of [
  ['a peer', PEER, { kind: 'BGPPeer', spec: { peerASN: 64512, password: '***' } }],
  [
    'a Secret keeps its keys',
    { kind: 'Secret', data: { password: BASE64, username: 'YmdwCg==' }, stringData: { a: 'b' } },
    { kind: 'Secret', data: { password: '***', username: '***' }, stringData: { a: '***' } },
  ],
  [
    'a reference to a Secret stays',
    { spec: { passwordSecret: { name: 'r1' }, secretName: 'memberlist' } },
    { spec: { passwordSecret: { name: 'r1' }, secretName: 'memberlist' } },
  ],
  [
    'the text that users append',
    { data: { extras: `router bgp 1\n neighbor r password ${SECRET}\n neighbor r timers 3 9` } },
    { data: { extras: 'router bgp 1\n neighbor r password ***\n neighbor r timers 3 9' } },
  ],
  [
    'what was applied last',
    { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(PEER) } },
    {
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration':
          '{"kind":"BGPPeer","spec":{"peerASN":64512,"password":"***"}}',
      },
    },
  ],
  [
    'what was applied last, cut off',
    { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"a' } },
    { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '***' } },
  ],
  [
    'a variable',
    {
      env: [
        { name: 'BGP_PASSWORD', value: SECRET },
        { name: 'ML_SECRET_KEY_PATH', value: '/etc/k' },
      ],
    },
    {
      env: [
        { name: 'BGP_PASSWORD', value: '***' },
        { name: 'ML_SECRET_KEY_PATH', value: '/etc/k' },
      ],
    },
  ],
  [
    'who manages what',
    { metadata: { managedFields: [{}], name: 'a' } },
    { metadata: { name: 'a' } },
  ],
  ['what is no text', { a: [1, true, null, 2n] }, { a: [1, true, null, 2n] }],
] as const) {
  test(`object: ${what}`, () => assert.deepEqual(new Redactor().value(object), expected))
}

test('what a Secret holds is known from then on, but for what is no secret in it', () => {
  const redactor = new Redactor()
  const data = { password: BASE64, namespace: Buffer.from('metallb-system').toString('base64') }
  redactor.value({ kind: 'Secret', data })
  assert.equal(redactor.withoutKnown(`${SECRET} in metallb-system`), '*** in metallb-system')
})

test('what is known is found as JSON writes it', () => {
  const redactor = new Redactor()
  redactor.learn('say "friend"\\')
  assert.equal(redactor.withoutKnown(JSON.stringify({ a: 'say "friend"\\' })), '{"a":"***"}')
})

test('a word that is too short tears nothing apart', () => {
  const redactor = new Redactor()
  redactor.learn('bgp')
  assert.equal(redactor.withoutKnown('router bgp 64512'), 'router bgp 64512')
})

test('a plan: its strings are texts, its fields are fields', () => {
  const plan = { frr: { extras: ` neighbor a password ${SECRET}\nexit` }, password: SECRET }
  const redacted = JSON.parse(new Redactor().json(JSON.stringify(plan)))
  assert.deepEqual(redacted, { frr: { extras: ' neighbor a password ***\nexit' }, password: '***' })
})

test('an object without end', () => {
  let object: object = {}
  for (let depth = 0; depth < 10_000; depth++) object = { object }
  assert.match(JSON.stringify(new Redactor().value(object)), /too deep/)
})

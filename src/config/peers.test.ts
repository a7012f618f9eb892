import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import {
  basicAuth,
  bfdProfile,
  configObjects,
  type Given,
  node,
  peer,
  secret,
} from '../../test/support/build.ts'
import { resolve } from './resolve.ts'

const run = (...given: Given[]) => resolve(configObjects(given))
const after = (first: Given[], then: Given[]) =>
  resolve(configObjects(then), run(...first).accepted)

const RED = { vrf: 'red' }
const on = (...racks: string[]) => ({
  nodeSelectors: racks.map((rack) => ({ matchLabels: { rack } })),
})
const NODES = [node('n1', { rack: '1' }), node('n2', { rack: '2' })]
const two = { peerAddress: '10.0.0.2' }

for (const [title, a, b, expected] of [
  ['the same address', {}, {}, ['spec.peerAddress duplicate']],
  ['the same address, another port', {}, { peerPort: 1790 }, ['spec.peerAddress duplicate']],
  ['the same address in another VRF', {}, RED, []],
  [
    'the same interface',
    { interface: 'eth0' },
    { interface: 'eth0' },
    ['spec.interface duplicate'],
  ],
  ['another interface', { interface: 'eth0' }, { interface: 'eth1' }, []],
  [
    'another router ID',
    { routerID: '1.1.1.1' },
    { ...two, routerID: '1.1.1.2' },
    ['spec.routerID router-id-conflict'],
  ],
  ['a router ID beside none', { routerID: '1.1.1.1' }, two, ['spec.routerID router-id-conflict']],
  ['the same router ID', { routerID: '1.1.1.1' }, { ...two, routerID: '1.1.1.1' }, []],
  [
    'another router ID in another VRF',
    { routerID: '1.1.1.1' },
    { ...RED, routerID: '1.1.1.2' },
    [],
  ],
  ['another AS of ours', {}, { ...two, myASN: 65000 }, ['spec.myASN asn-conflict']],
  ['another AS of ours in another VRF', {}, { ...RED, myASN: 65000 }, []],
  [
    'everything at once',
    {},
    { myASN: 65000, routerID: '1.1.1.1' },
    ['spec.myASN asn-conflict', 'spec.peerAddress duplicate', 'spec.routerID router-id-conflict'],
  ],
] as const) {
  const found = (...rest: Given[]) =>
    run(peer('a', a), peer('b', b), ...rest).problems.map((one) => `${one.path} ${one.code}`)
  test(`two peers: ${title}`, () => assert.deepEqual(found(...NODES), expected))
  test(`two peers where no node is known: ${title}`, () => assert.deepEqual(found(), expected))
}

for (const [title, a, b, nodes, shared] of [
  ['no node in common', on('1'), on('2'), NODES, false],
  ['one node in common', on('1', '2'), on('2'), NODES, true],
  ['by a later selector', on('1'), on('9', '1'), NODES, true],
  ['all nodes and some', {}, on('2'), NODES, true],
  ['selectors that match nothing', on('9'), on('9'), NODES, false],
  ['selectors, but no node is known', on('1'), on('2'), [], true],
] as const) {
  test(`peers meet on a node: ${title}`, () => {
    const { problems } = run(peer('a', a), peer('b', b), ...nodes)
    assert.equal(problems.length, shared ? 1 : 0)
  })
}

test('a duplicate names the other peer and the node', () => {
  const { problems } = run(peer('a', { ...RED, ...on('2') }), peer('b', RED), ...NODES)
  assert.match(
    problems[0]!.message,
    /^peer 10\.0\.0\.1 already exists on node n2 in VRF red: BGPPeer "a"/,
  )
})

test('three peers of one address on three nodes', () => {
  const nodes = ['1', '2', '3'].map((rack) => node(`n${rack}`, { rack }))
  const peers = ['1', '2', '3'].map((rack) => peer(`p${rack}`, on(rack)))
  assert.deepEqual(run(...nodes, ...peers).problems, [])
})

const named = { passwordSecret: { name: 's' } }
for (const [title, spec, given, password, code] of [
  ['a literal', { password: 'open' }, [], 'open', undefined],
  [
    'a literal that names a Secret',
    { password: 's' },
    [secret('s', { password: 'hidden' })],
    'hidden',
    undefined,
  ],
  ['… of any type', { password: 's' }, [basicAuth('s', 'hidden')], 'hidden', undefined],
  ['… without a password in it', { password: 's' }, [secret('s', { user: 'x' })], 's', undefined],
  [
    '… of another namespace',
    { password: 's' },
    [secret('s', { password: 'x' }, undefined, { namespace: 'default' })],
    's',
    undefined,
  ],
  ['a Secret', named, [basicAuth('s', 'hidden')], 'hidden', undefined],
  [
    'a Secret; the namespace in the reference is ignored',
    { passwordSecret: { name: 's', namespace: 'x' } },
    [basicAuth('s', 'hidden')],
    'hidden',
    undefined,
  ],
  ['a Secret without text: no password', named, [basicAuth('s', '')], undefined, undefined],
  ['a Secret that is not there', named, [], null, 'missing-secret'],
  ['a Secret of another type', named, [secret('s', { password: 'x' })], null, 'wrong-secret-type'],
  [
    'a Secret without a password',
    named,
    [secret('s', { user: 'x' }, 'kubernetes.io/basic-auth')],
    null,
    'missing-secret-key',
  ],
  [
    'a password with a line break',
    named,
    [basicAuth('s', 'a\n neighbor 1.1.1.1')],
    null,
    'invalid-password',
  ],
  [
    'a password that is too long',
    named,
    [basicAuth('s', 'x'.repeat(81))],
    null,
    'invalid-password',
  ],
] as [string, object, Given[], string | undefined | null, string | undefined][]) {
  test(`password: ${title}`, () => {
    const { config, problems } = run(peer('tor', { ...spec }), ...given)
    // null: the peer is left out.
    const found = config.peers[0] ? config.peers[0].password?.reveal() : null
    assert.equal(found, password)
    assert.equal(problems[0]?.code, code)
  })
}

test('a line break at the end gets a hint', () => {
  const { problems } = run(peer('tor', named), basicAuth('s', 'secret\n'))
  assert.match(problems[0]!.message, /ends with a line break, write it with printf/)
})

test('only what may still come is transient', () => {
  const transient = (...given: Given[]) => run(peer('tor', named), ...given).problems[0]?.transient
  assert.equal(transient(), true)
  assert.equal(transient(secret('s', { password: 'x' })), undefined)
})

for (const [title, spec, gone] of [
  ['is deleted', named, []],
  ['gets another type', named, [secret('s', { password: 'new' })]],
  ['loses its password', named, [secret('s', {}, 'kubernetes.io/basic-auth')]],
  ['gets a password that cannot be used', named, [basicAuth('s', 'a b')]],
  ['is deleted, and was named by password', { password: 's' }, []],
] as [string, object, Given[]][]) {
  test(`a session keeps its password when its Secret ${title}`, () => {
    const tor = peer('tor', { ...spec })
    const { config, problems } = after([tor, basicAuth('s', 'hidden')], [tor, ...gone])
    assert.equal(config.peers[0]?.password?.reveal(), 'hidden')
    assert.equal(problems.length, 1)
  })
}

test('the password of a Secret follows the Secret', () => {
  const tor = peer('tor', named)
  const { config } = after([tor, basicAuth('s', 'a')], [tor, basicAuth('s', 'b')])
  assert.equal(config.peers[0]?.password?.reveal(), 'b')
})

test('an edit whose Secret is missing changes nothing of the peer', () => {
  const edited = peer('tor', { passwordSecret: { name: 'new' }, peerPort: 1790 })
  const { config } = after([peer('tor', named), basicAuth('s', 'a')], [edited, basicAuth('s', 'a')])
  assert.equal(config.peers[0]?.peerPort, 179)
  assert.equal(config.peers[0]?.password?.reveal(), 'a')
})

test('no password is printed with a configuration', () => {
  const given = [
    peer('tor', named),
    basicAuth('s', 'hidden'),
    peer('b', { ...two, password: 'open' }),
  ]
  const { config } = run(...given)
  const printed = JSON.stringify(config, (_key, value) => (typeof value === 'bigint' ? '' : value))
  assert.doesNotMatch(printed + inspect(config, { depth: 9 }), /hidden|open/)
})

test('the BFD profile stands in the peer', () => {
  const { config } = run(
    peer('tor', { bfdProfile: 'fast' }),
    bfdProfile('fast', { detectMultiplier: 5 }),
  )
  assert.equal(config.peers[0]?.bfd?.detectMultiplier, 5)
})

test('a peer waits for its BFD profile', () => {
  const { config, problems } = run(peer('tor', { bfdProfile: 'fast' }))
  assert.deepEqual(config.peers, [])
  assert.deepEqual(
    problems.map((one) => [one.path, one.code, one.transient]),
    [['spec.bfdProfile', 'unknown-bfd-profile', true]],
  )
})

test('a session keeps the BFD profile that is deleted, and FRR still gets it', () => {
  const tor = peer('tor', { bfdProfile: 'fast' })
  const { config, problems } = after([tor, bfdProfile('fast', { detectMultiplier: 5 })], [tor])
  assert.equal(config.peers[0]?.bfd?.detectMultiplier, 5)
  assert.deepEqual(
    config.bfdProfiles.map((one) => one.name),
    ['fast'],
  )
  assert.equal(problems.length, 1)
})

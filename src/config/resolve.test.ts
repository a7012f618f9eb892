import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  basicAuth,
  bfdProfile,
  bgpAd,
  community,
  configObjects,
  extras,
  type Given,
  l2Ad,
  NAMESPACE,
  namespace,
  node,
  peer,
  pool,
  refusal,
} from '../../test/support/build.ts'
import { compareProblems, printProblem } from './problem.ts'
import { type Accepted, resolve } from './resolve.ts'

const run = (given: readonly Given[], previous?: Accepted) => {
  const { config, problems, accepted } = resolve(configObjects(given), previous)
  return {
    config,
    accepted,
    problems: problems.map((one) => `${one.kind}/${one.name} ${one.path} ${one.code}`),
    sentences: problems.map(printProblem),
    pools: config.pools.map((one) => one.name),
    peers: config.peers.map((one) => one.name),
  }
}

/** The second list of objects, after the first was in force. */
const after = (first: readonly Given[], then: readonly Given[]) => run(then, run(first).accepted)

test('nothing is a valid configuration', () => {
  const { config, problems } = run([])
  assert.deepEqual(config, { pools: [], peers: [], bfdProfiles: [], extras: '' })
  assert.deepEqual(problems, [])
})

test('one bad object harms only itself', () => {
  const bad = refusal('IPAddressPool', 'bad', { addresses: ['1.2.3.4'] })
  const { pools, problems } = run([pool('good', ['192.0.2.0/24']), ...bad])
  assert.deepEqual(pools, ['good'])
  assert.deepEqual(problems, ['IPAddressPool/bad spec.addresses[0] invalid-range'])
})

test('an edit that a schema refuses leaves the object as it was', () => {
  const bad = refusal('BGPPeer', 'tor', { myASN: 0, peerASN: 1, peerAddress: '10.0.0.1' })
  const { config, problems } = after([peer('tor', { peerASN: 64999 })], bad)
  assert.equal(config.peers[0]?.peerASN, 64999)
  assert.deepEqual(problems, ['BGPPeer/tor spec.myASN missing-local-asn'])
})

test('a refused object that never served is left out', () => {
  assert.deepEqual(run(refusal('BGPPeer', 'tor', { myASN: 0 })).peers, [])
})

test('an object that is gone is gone', () => {
  assert.deepEqual(after([pool('a', ['192.0.2.0/24'])], []).pools, [])
})

test('deleted and created again inherits nothing', () => {
  const range = { peerAddress: '10.0.0.1', bfdProfile: 'gone' }
  const first = [peer('tor', range, { uid: '1' }), bfdProfile('gone')]
  assert.deepEqual(after(first, [peer('tor', range, { uid: '1' })]).peers, ['tor'])
  assert.deepEqual(after(first, [peer('tor', range, { uid: '2' })]).peers, [])
})

test('objects of our kinds elsewhere do not count, and say so', () => {
  const { pools, problems } = run([pool('a', ['192.0.2.0/24'], { namespace: 'default' })])
  assert.deepEqual(pools, [])
  assert.deepEqual(problems, ['IPAddressPool/a metadata.namespace wrong-namespace'])
})

test('the extra FRR text is taken from its ConfigMap, and kept while that is refused', () => {
  assert.equal(run([extras('! hello')]).config.extras, '! hello')
  const [refused] = refusal('BGPPeer', 'x', {})
  const bad = { ...refused!, kind: 'ConfigMap', name: 'bgpextras', namespace: NAMESPACE }
  assert.equal(after([extras('! hello')], [bad]).config.extras, '! hello')
  assert.equal(after([extras('! hello')], []).config.extras, '')
})

test('of two new pools with one range the younger is blamed', () => {
  const older = pool('zed', ['192.0.2.0/24'], { created: 1 })
  const younger = pool('abc', ['192.0.2.128/25'], { created: 2 })
  const { pools, sentences } = run([younger, older])
  assert.deepEqual(pools, ['zed'])
  assert.match(sentences[0]!, /IPAddressPool .*\/abc spec\.addresses\[0\]: CIDR "192.0.2.128\/25"/)
  assert.match(sentences[0]!, /overlaps with already defined CIDR "192.0.2.0\/24" of pool "zed"/)
})

test('without times the name decides', () => {
  const { pools } = run([pool('b', ['192.0.2.0/24']), pool('a', ['192.0.2.0/24'])])
  assert.deepEqual(pools, ['a'])
})

test('an edit never takes the place of a pool that serves, however old it is', () => {
  const older = pool('old', ['192.0.2.0/24'], { created: 1 })
  const younger = pool('young', ['198.51.100.0/24'], { created: 2 })
  const edited = pool('old', ['198.51.100.0/25'], { created: 1 })
  const { config, problems } = after([older, younger], [edited, younger])
  assert.deepEqual(
    config.pools.map((one) => [one.name, one.blocks[0]?.text]),
    [
      ['old', '192.0.2.0/24'],
      ['young', '198.51.100.0/24'],
    ],
  )
  assert.deepEqual(problems, ['IPAddressPool/old spec.addresses[0] overlap'])
})

test('an edit that moves away makes room in the same pass', () => {
  const first = [pool('a', ['192.0.2.0/24']), pool('b', ['198.51.100.0/24'])]
  const swapped = [pool('b', ['192.0.2.0/24']), pool('a', ['198.51.100.0/24'])]
  assert.deepEqual(after(first, swapped).problems, [])
})

test('a move into a place that its owner cannot leave is undone, and nobody loses a pool', () => {
  const first = [
    pool('a', ['192.0.2.0/24'], { created: 1 }),
    pool('b', ['198.51.100.0/24'], { created: 2 }),
    pool('c', ['203.0.113.0/24'], { created: 3 }),
  ]
  const then = [
    pool('a', ['198.51.100.0/24'], { created: 1 }),
    pool('b', ['203.0.113.0/24'], { created: 2 }),
    first[2]!,
  ]
  const { config, problems } = after(first, then)
  assert.deepEqual(config.pools, run(first).config.pools)
  assert.deepEqual(problems, [
    'IPAddressPool/a spec.addresses[0] overlap',
    'IPAddressPool/b spec.addresses[0] overlap',
  ])
})

test('switching echo on for an IPv6 pool is the fault of the profile, which stays as it was', () => {
  const rest = [pool('six', ['2001:db8::/64']), bgpAd('all'), peer('tor', { bfdProfile: 'fast' })]
  const { config, problems } = after(
    [bfdProfile('fast'), ...rest],
    [bfdProfile('fast', { echoMode: true, transmitInterval: 50 }), ...rest],
  )
  assert.deepEqual(problems, ['BFDProfile/fast spec.echoMode echo-ipv6'])
  assert.equal(config.bfdProfiles[0]?.echoMode, false)
  assert.equal(config.bfdProfiles[0]?.transmitInterval, undefined)
  assert.deepEqual(
    [config.pools.length, config.peers.length, config.pools[0]?.bgp.length],
    [1, 1, 1],
  )
})

test('a profile that comes back with echo on is the fault of its peer, not of the IPv6 pool', () => {
  const pools = [pool('six', ['2001:db8::/64'], { created: 9 }), bgpAd('all', {}, { created: 8 })]
  const tor = peer('tor', { bfdProfile: 'fast' }, { created: 1 })
  const kept = run([...pools, tor], run([...pools, tor, bfdProfile('fast')]).accepted)
  assert.deepEqual(kept.peers, ['tor'])
  const echo = bfdProfile('fast', { echoMode: true })
  const { pools: served, problems } = run([...pools, tor, echo], kept.accepted)
  assert.deepEqual(served, ['six'])
  assert.deepEqual(problems, ['BGPPeer/tor spec.bfdProfile echo-ipv6'])
})

test('an edit that cannot be resolved changes nothing at all of its object', () => {
  const rest = [pool('a', ['192.0.2.0/24']), community('c', { blue: '64500:1' })]
  const { config } = after(
    [...rest, bgpAd('ad', { communities: ['blue'], localPref: 100 })],
    [...rest, bgpAd('ad', { communities: ['green'], localPref: 200 })],
  )
  const [ad] = config.pools[0]!.bgp
  assert.deepEqual([ad?.localPref, ad?.communities[0]?.text], [100, '64500:1'])
})

test('what serves as it was still follows the nodes that come', () => {
  const given = pool('a', ['192.0.2.0/24'])
  const good = bgpAd('ad', { nodeSelectors: [{ matchLabels: { rack: '1' } }] })
  const bad = refusal('BGPAdvertisement', 'ad', { aggregationLength: 33 })
  const { config } = after([given, good], [given, ...bad, node('late', { rack: '1' })])
  assert.deepEqual([...(config.pools[0]?.bgp[0]?.nodes ?? [])], ['late'])
})

test('parts that did not change are the very same objects', () => {
  const given = [pool('a', ['192.0.2.0/24']), bgpAd('ad'), peer('tor'), l2Ad('l2')]
  const first = run(given)
  const again = after(given, [...given, node('n1')])
  assert.deepEqual(again.config, first.config)
  const second = run([...given, node('n1')], first.accepted)
  assert.equal(second.config, first.config)
  const moved = run([...given, peer('two', { peerAddress: '10.0.0.2' })], first.accepted)
  assert.equal(moved.config.pools, first.config.pools)
  assert.equal(moved.config.peers[0], first.config.peers[0])
})

test('a password changes the peer', () => {
  const given = [peer('tor', { passwordSecret: { name: 's' } })]
  const { config } = after([...given, basicAuth('s', 'one')], [...given, basicAuth('s', 'two')])
  assert.equal(config.peers[0]?.password?.reveal(), 'two')
})

// Everything that may go wrong between objects, in one bag, to be drawn from.
const BAG: readonly Given[] = [
  pool('a', ['192.0.2.0/24'], { created: 3, labels: { tier: 'gold' } }),
  pool('b', ['192.0.2.128-192.0.2.200', '2001:db8::/64'], { created: 2 }),
  pool('c', ['198.51.100.0/28', '198.51.100.8/29'], { created: 1 }),
  pool('d', ['203.0.113.0/28', 'fd00::/80']),
  peer('p1', { bfdProfile: 'echo' }, { created: 5 }),
  peer('p2', { routerID: '10.0.0.9' }, { created: 4 }),
  peer('p3', { peerAddress: '10.0.0.3', myASN: 64999, password: 'pw' }),
  peer('p4', { peerAddress: '10.0.0.4', nodeSelectors: [{ matchLabels: { rack: '1' } }] }),
  bfdProfile('echo', { echoMode: true }),
  bgpAd('low', { localPref: 100, communities: ['blue'] }),
  bgpAd('high', { localPref: 200, peers: ['p1', 'p3'] }),
  bgpAd('wide', {
    aggregationLength: 26,
    ipAddressPoolSelectors: [{ matchLabels: { tier: 'gold' } }],
  }),
  bgpAd('wider', { aggregationLengthV6: 64, ipAddressPools: ['d', 'b'], localPref: 200 }),
  l2Ad('l2', { ipAddressPools: ['a', 'a2'] }),
  community('one', { blue: '64500:1' }, { created: 2 }),
  community('two', { blue: '64500:2', red: '64500:3' }, { created: 1 }),
  node('n1', { rack: '1' }),
  node('n2', { rack: '2' }),
  namespace('default'),
  basicAuth('pw', 'hunter2'),
  ...refusal('IPAddressPool', 'e', { addresses: [] }),
]
const anyBag = fc.shuffledSubarray(BAG as Given[])

test('the order of the objects does not matter', () => {
  fc.assert(
    fc.property(anyBag, anyBag, (first, then) => {
      const sorted = (list: Given[]) => [...list].sort((a, b) => BAG.indexOf(a) - BAG.indexOf(b))
      const a = after(first, then)
      const b = after(sorted(first), sorted(then))
      assert.deepEqual(a.config, b.config)
      assert.deepEqual(a.sentences, b.sentences)
    }),
  )
})

test('the answer to the same question does not change', () => {
  fc.assert(
    fc.property(anyBag, anyBag, (first, then) => {
      const once = after(first, then)
      const twice = run(then, once.accepted)
      assert.equal(twice.config, once.config)
      assert.deepEqual(twice.sentences, once.sentences)
    }),
  )
})

test('further objects never displace what serves', () => {
  fc.assert(
    fc.property(anyBag, anyBag, (first, more) => {
      const isConfig = (one: Given) => !['Node', 'Namespace', 'Secret'].includes(one.kind)
      const surroundings = BAG.filter((one) => !isConfig(one))
      const before = run([...surroundings, ...first.filter(isConfig)])
      const all = new Set([...surroundings, ...first, ...more])
      const now = run([...all], before.accepted)
      const missing = (names: string[], among: string[]) => names.filter((n) => !among.includes(n))
      assert.deepEqual(missing(before.pools, now.pools), [])
      assert.deepEqual(missing(before.peers, now.peers), [])
    }),
  )
})

test('problems come sorted, each once', () => {
  fc.assert(
    fc.property(anyBag, (given) => {
      const { problems } = resolve(configObjects(given))
      assert.deepEqual(problems, [...problems].sort(compareProblems))
      assert.equal(new Set(problems.map(printProblem)).size, problems.length)
    }),
  )
})

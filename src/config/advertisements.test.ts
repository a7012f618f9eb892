import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bfdProfile,
  bgpAd,
  community,
  configObjects,
  type Given,
  l2Ad,
  node,
  peer,
  pool,
} from '../../test/support/build.ts'
import { includesNode } from './config.ts'
import { resolve } from './resolve.ts'

const run = (...given: Given[]) => resolve(configObjects(given))
const select = (labels: Record<string, string>) => [{ matchLabels: labels }]
const GOLD = { labels: { tier: 'gold' } }
const NODES = [node('n1', { rack: '1' }), node('n2', { rack: '2' })]
const A = pool('a', ['1.0.0.0/24'], GOLD)
const B = pool('b', ['2.0.0.0/24'])
const C = pool('c', ['3.0.0.0/24'], GOLD)

for (const [title, spec, expected] of [
  ['all of them, when nothing is said', {}, 'abc'],
  ['those named', { ipAddressPools: ['b', 'nope'] }, 'b'],
  ['those labelled', { ipAddressPoolSelectors: select({ tier: 'gold' }) }, 'ac'],
  [
    'both together, each once',
    { ipAddressPools: ['b', 'a'], ipAddressPoolSelectors: select({ tier: 'gold' }) },
    'abc',
  ],
  ['none, when nothing has the label', { ipAddressPoolSelectors: select({ tier: 'tin' }) }, ''],
  ['none, when the name is unknown', { ipAddressPools: ['nope'] }, ''],
] as const) {
  test(`pools of an advertisement: ${title}`, () => {
    const { config, problems } = run(A, B, C, bgpAd('bgp', { ...spec }), l2Ad('l2', { ...spec }))
    const having = (kind: 'bgp' | 'l2') =>
      config.pools
        .filter((one) => one[kind].length === 1)
        .map((one) => one.name)
        .join('')
    assert.deepEqual([having('bgp'), having('l2'), problems], [expected, expected, []])
  })
}

for (const [title, nodeSelectors, n1, n2] of [
  ['all, when nothing is said', [], true, true],
  ['those that match', select({ rack: '1' }), true, false],
  ['any selector will do', [...select({ rack: '9' }), ...select({ rack: '2' })], false, true],
  ['none, when nothing matches', select({ rack: '9' }), false, false],
] as const) {
  test(`nodes of an advertisement: ${title}`, () => {
    const [one] = run(A, ...NODES, bgpAd('x', { nodeSelectors }), l2Ad('x', { nodeSelectors }))
      .config.pools
    for (const ad of [one!.bgp[0]!, one!.l2[0]!]) {
      assert.deepEqual([includesNode(ad, 'n1'), includesNode(ad, 'n2')], [n1, n2])
    }
  })
}

test('an advertisement without node selectors counts on nodes that come later', () => {
  const [one] = run(A, ...NODES, bgpAd('x')).config.pools
  assert.equal(includesNode(one!.bgp[0]!, 'new'), true)
})

const both = pool('p', ['1.1.1.0/28', 'fd00::/80'])
for (const [title, given, spec, code, field] of [
  [
    'a /26 of a pool of a /28',
    pool('p', ['1.1.1.0/28']),
    { aggregationLength: 26 },
    /invalid aggregation length 26: prefix 28 in this pool is more specific than the aggregation length for addresses 1\.1\.1\.0\/28/,
    'aggregationLength',
  ],
  ['as long as the pool', pool('p', ['1.1.1.0/28']), { aggregationLength: 28 }, undefined, ''],
  [
    'a range counts by its largest part',
    pool('p', ['3.3.3.2-3.3.3.254']),
    { aggregationLength: 26 },
    undefined,
    '',
  ],
  [
    'a range, too short',
    pool('p', ['3.3.3.2-3.3.3.254']),
    { aggregationLength: 24 },
    /length 24: prefix 26/,
    'aggregationLength',
  ],
  [
    'IPv6, in its own words',
    pool('p', ['fd00::/80']),
    { aggregationLengthV6: 64 },
    /length 64: prefix 80 .* fd00::\/80/,
    'aggregationLengthV6',
  ],
  [
    'of two families, the wrong one',
    both,
    { aggregationLength: 28, aggregationLengthV6: 64 },
    /length 64/,
    'aggregationLengthV6',
  ],
  [
    'of two families, both right',
    both,
    { aggregationLength: 28, aggregationLengthV6: 80 },
    undefined,
    '',
  ],
  [
    'a pool it does not announce',
    pool('p', ['1.1.1.0/28']),
    { aggregationLength: 26, ipAddressPools: ['x'] },
    undefined,
    '',
  ],
] as const) {
  test(`aggregation: ${title}`, () => {
    const { problems } = run(given, bgpAd('ad', { ...spec }))
    assert.equal(problems.length, code ? 1 : 0)
    if (!code) return
    assert.equal(problems[0]?.path, `spec.${field}`)
    assert.match(problems[0]!.message, code)
  })
}

test('a pool that comes under a roll-up it does not fill is blamed itself', () => {
  const ad = bgpAd('ad', { aggregationLength: 26 }, { created: 2 })
  const first = run(A, ad)
  const small = pool('small', ['1.1.1.0/28'], { created: 1 })
  const { config, problems } = resolve(configObjects([A, ad, small]), first.accepted)
  assert.deepEqual(
    problems.map((one) => `${one.name} ${one.path}`),
    ['small spec.addresses[0]'],
  )
  assert.equal(config.pools[0]?.bgp.length, 1)
})

const peers = (...names: string[]) => ({ peers: names })
const rack = (name: string) => ({ nodeSelectors: select({ rack: name }) })
const dualPool = pool('p', ['1.0.0.0/24', 'fd00::/64'])
for (const [title, given, a, b, conflict] of [
  ['for the same routes', A, {}, {}, true],
  ['of another length', A, {}, { aggregationLength: 26 }, false],
  ['of another length for one of two families', dualPool, {}, { aggregationLength: 26 }, true],
  [
    'of other lengths for both families',
    dualPool,
    {},
    { aggregationLength: 26, aggregationLengthV6: 80 },
    false,
  ],
  ['on other nodes', A, rack('1'), rack('2'), false],
  ['on a node in common', A, rack('1'), {}, true],
  ['for other peers', A, peers('x'), peers('y'), false],
  ['for all peers and one of them', A, peers('x'), {}, true],
  ['for a peer in common', A, peers('x', 'y'), peers('z', 'y'), true],
  [
    'for some Services, which is decided later',
    A,
    {},
    { serviceSelectors: select({ a: 'b' }) },
    false,
  ],
  ['for another pool', A, {}, { ipAddressPools: ['b'] }, false],
] as const) {
  const high = bgpAd('high', { localPref: 200, ...b })
  const low = bgpAd('low', { localPref: 100, ...a })
  test(`two local preferences ${title}`, () => {
    const { problems } = run(given, ...NODES, low, high)
    assert.deepEqual(
      problems.map((one) => `${one.name} ${one.path} ${one.code}`),
      conflict ? ['low spec.localPref local-pref-conflict'] : [],
    )
  })
  test(`two local preferences ${title}, where no node is known`, () =>
    assert.deepEqual(run(given, low, high).problems, []))
}

const names = (...written: string[]) => bgpAd('ad', { communities: written })
const BLUE = community('customers', { blue: '64500:1', red: 'large:64500:1:2' })
for (const [title, written, expected] of [
  ['values, sorted', ['64500:2', '64500:1'], ['64500:1', '64500:2']],
  ['a large one', ['large:1:2:3'], ['1:2:3']],
  ['an alias', ['blue'], ['64500:1']],
  ['an alias and its value are one', ['blue', '64500:1'], ['64500:1']],
  ['a well-known name', ['no-export'], ['65535:65281']],
  ['a Community object: all its values', ['customers'], ['64500:1:2', '64500:1']],
] as const) {
  test(`communities: ${title}`, () => {
    const { config, problems } = run(A, BLUE, names(...written))
    assert.deepEqual(problems, [])
    assert.deepEqual(
      config.pools[0]?.bgp[0]?.communities.map((one) => one.text),
      expected,
    )
  })
}

for (const [title, written, code, transient] of [
  ['a name nobody knows yet', 'green', 'unknown-community', true],
  ['a number too large', '65536:1', 'invalid-community', undefined],
  ['a misspelt marker', 'larg:1:2:3', 'invalid-community', undefined],
  ['letters in a large one', 'large:1:x:3', 'invalid-community', undefined],
  ['one number', '12345', 'unknown-community', true],
  ['three numbers', '1:2:3', 'unknown-community', true],
] as const) {
  test(`communities refused: ${title}`, () => {
    const { problems } = run(A, BLUE, names('blue', written))
    assert.deepEqual(
      problems.map((one) => [one.path, one.code, one.transient]),
      [['spec.communities[1]', code, transient]],
    )
  })
}

test('an alias goes before everything else that has its name', () => {
  const shadow = community('no-export', { 'no-export': '64500:9' })
  assert.equal(
    run(A, shadow, names('no-export')).config.pools[0]?.bgp[0]?.communities[0]?.text,
    '64500:9',
  )
})

test('routes keep their communities while the alias is gone', () => {
  const first = run(A, BLUE, names('blue'))
  const { config, problems } = resolve(configObjects([A, names('blue')]), first.accepted)
  assert.equal(config.pools, first.config.pools)
  assert.deepEqual(
    problems.map((one) => one.code),
    ['unknown-community'],
  )
})

test('an alias belongs to one object', () => {
  const { problems } = run(BLUE, community('other', { blue: '64500:7' }))
  assert.deepEqual(
    problems.map((one) => `${one.name} ${one.path}`),
    ['other spec.communities[0].name'],
  )
  assert.match(problems[0]!.message, /duplicate definition of community "blue"/)
})

test('more communities than a route can carry', () => {
  const many = Array.from({ length: 64 }, (_, i) => `64500:${i}`)
  assert.deepEqual(run(A, names(...many.slice(1))).problems, [])
  const [problem] = run(A, names(...many)).problems
  assert.equal(`${problem?.path} ${problem?.code}`, 'spec.communities too-many-communities')
})

const SIX = pool('six', ['fd00::/64'])
const ECHO = [bfdProfile('echo', { echoMode: true }), peer('tor', { bfdProfile: 'echo' })]
for (const [title, given, found] of [
  ['an IPv6 pool that all peers hear of', [SIX, bgpAd('ad')], 1],
  ['that this peer hears of', [SIX, bgpAd('ad', { peers: ['tor'] })], 1],
  ['that only others hear of', [SIX, bgpAd('ad', { peers: ['x'] })], 0],
  ['an IPv4 pool', [A, bgpAd('ad')], 0],
  ['an IPv6 pool nobody announces', [SIX], 0],
] as [string, Given[], number][]) {
  test(`BFD echo beside ${title}`, () => {
    const codes = run(...given, ...ECHO).problems.map((one) => one.code)
    assert.deepEqual(codes, Array(found).fill('echo-ipv6'))
  })
}

const l2 = (name: string, spec: object = {}) => l2Ad(name, { ...spec })
for (const [title, ads, expected] of [
  ['equal ones count once', [l2('a'), l2('b')], ['a']],
  [
    'in any order of interfaces',
    [l2('a', { interfaces: ['x', 'y'] }), l2('b', { interfaces: ['y', 'x'] })],
    ['a'],
  ],
  ['on other interfaces', [l2('a', { interfaces: ['x'] }), l2('b')], ['a', 'b']],
  ['on other nodes', [l2('a', rack('1')), l2('b')], ['a', 'b']],
  [
    'with preferences they add up',
    [l2('a'), l2('b', { preferredNodeSelectors: [{ weight: 1, preference: {} }] })],
    ['a', 'b'],
  ],
] as const) {
  test(`layer 2 advertisements of one pool: ${title}`, () => {
    const { config } = run(A, ...NODES, ...ads)
    assert.deepEqual(
      config.pools[0]?.l2.map((ad) => ad.name),
      expected,
    )
  })
}

const prefer = (weight: number, labels: Record<string, string>) => ({
  weight,
  preference: { matchLabels: labels },
})
for (const [title, spec, expected] of [
  [
    'weights add up',
    { preferredNodeSelectors: [prefer(10, { rack: '1' }), prefer(5, {})] },
    { n1: 15, n2: 5 },
  ],
  ['only eligible nodes', { ...rack('2'), preferredNodeSelectors: [prefer(5, {})] }, { n2: 5 }],
  ['no node', { preferredNodeSelectors: [prefer(5, { rack: '9' })] }, {}],
] as const) {
  test(`preferred nodes: ${title}`, () => {
    const [one] = run(A, ...NODES, l2('ad', spec)).config.pools
    assert.deepEqual(Object.fromEntries(one!.l2[0]!.preferred), expected)
  })
}

test('service selectors are sorted, so that equal ones are equal', () => {
  const serviceSelectors = [...select({ b: '1' }), ...select({ a: '1' })]
  const [one] = run(A, bgpAd('ad', { serviceSelectors })).config.pools
  assert.deepEqual(
    one!.bgp[0]!.serviceSelectors.map((each) => each.text),
    ['a=1', 'b=1'],
  )
})

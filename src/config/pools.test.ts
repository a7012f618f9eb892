import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bgpAd,
  community,
  configObjects,
  type Given,
  legacyPool,
  namespace,
  pool,
} from '../../test/support/build.ts'
import { resolve } from './resolve.ts'

const run = (...given: Given[]) => resolve(configObjects(given))
const codes = (...given: Given[]) =>
  run(...given).problems.map((one) => `${one.kind}/${one.name} ${one.path} ${one.code}`)

for (const [title, a, b, expected] of [
  ['the same CIDR', '1.2.3.0/24', '1.2.3.0/24', true],
  ['one inside the other', '1.2.3.0/24', '1.2.3.128/25', true],
  ['one around the other', '1.2.3.128/25', '1.2.3.0/24', true],
  ['host bits that are masked off', '1.2.3.4/24', '1.2.3.9/32', true],
  ['a range that ends inside', '1.2.2.9-1.2.3.0', '1.2.3.0/24', true],
  ['a range that begins inside', '1.2.3.255-1.2.4.2', '1.2.3.0/24', true],
  ['neighbours', '1.2.3.0/25', '1.2.3.128/25', false],
  ['two families', '1.2.3.0/24', '::/0', false],
  ['a mapped address is IPv4', '::ffff:1.2.3.0/120', '1.2.3.7/32', true],
] as const) {
  test(`overlap of two pools: ${title}`, () => {
    assert.deepEqual(
      codes(pool('a', [a]), pool('b', [b])),
      expected ? ['IPAddressPool/b spec.addresses[0] overlap'] : [],
    )
  })
  test(`overlap in one pool: ${title}`, () => {
    const { config, problems } = run(pool('a', ['9.9.9.9/32', a, b]))
    assert.deepEqual(
      problems.map((one) => one.path),
      expected ? ['spec.addresses[2]'] : [],
    )
    assert.equal(config.pools.length, expected ? 0 : 1)
  })
}

test('an overlap names both pools and both blocks, and every one of them', () => {
  const { problems } = run(
    pool('a', ['1.0.0.0/24', '2.0.0.0/24']),
    pool('b', ['1.0.0.0-1.0.0.9', '3.0.0.0/24', '2.0.0.8/29']),
  )
  assert.deepEqual(
    problems.map((one) => `${one.path}: ${one.message}`),
    [
      'spec.addresses[0]: CIDR "1.0.0.0-1.0.0.9" in pool "b" overlaps with already defined CIDR "1.0.0.0/24" of pool "a"; an address may stand in one place only',
      'spec.addresses[2]: CIDR "2.0.0.8/29" in pool "b" overlaps with already defined CIDR "2.0.0.0/24" of pool "a"; an address may stand in one place only',
    ],
  )
})

const pinning = (serviceAllocation: object, ...rest: Given[]) =>
  run(pool('p', { addresses: ['1.0.0.0/24'], serviceAllocation }), ...rest).config.pools[0]?.pinned

const team = (name: string) => [{ matchLabels: { team: name } }]
const SPACES = [
  namespace('ns2', { team: 'a' }),
  namespace('ns1', { team: 'a' }),
  namespace('ns9', { team: 'b' }),
]
for (const [title, allocation, expected] of [
  ['nothing in it: any Service, before open pools', {}, undefined],
  ['names need not exist', { namespaces: ['x', 'ns1'] }, ['ns1', 'x']],
  [
    'names and labels add up',
    { namespaces: ['ns3'], namespaceSelectors: team('a') },
    ['ns1', 'ns2', 'ns3'],
  ],
  ['labels that nothing has: nobody, not everybody', { namespaceSelectors: team('z') }, []],
  ['only labels of Services', { serviceSelectors: team('a') }, undefined],
] as const) {
  test(`namespaces of a pinned pool: ${title}`, () => {
    const namespaces = pinning(allocation, ...SPACES)?.namespaces
    assert.deepEqual(namespaces && [...namespaces], expected)
  })
}

test('a pool without serviceAllocation is open', () => {
  assert.equal(run(pool('p', ['1.0.0.0/24'])).config.pools[0]?.pinned, undefined)
})

test('a namespace that gets the label may use the pool', () => {
  const given = pool('p', {
    addresses: ['1.0.0.0/24'],
    serviceAllocation: { namespaceSelectors: team('a') },
  })
  const first = run(given, namespace('late'))
  const then = resolve(configObjects([given, namespace('late', { team: 'a' })]), first.accepted)
  assert.deepEqual([...(then.config.pools[0]?.pinned?.namespaces ?? [])], ['late'])
})

const legacy = (spec: object, ...rest: Given[]) =>
  run(legacyPool('old', { protocol: 'bgp', addresses: ['5.0.0.0/24'], ...spec }), ...rest)

test('a legacy layer 2 pool announces itself everywhere', () => {
  const [old] = legacy({ protocol: 'layer2' }).config.pools
  assert.deepEqual([old?.l2.map((ad) => ad.name), old?.bgp], [['old[0]'], []])
})

test('a legacy BGP pool without entries announces host routes to all', () => {
  const [old] = legacy({}).config.pools
  assert.deepEqual(old?.bgp, [
    {
      name: 'old[0]',
      aggregationLength: 32,
      aggregationLengthV6: 128,
      localPref: 0,
      communities: [],
      peers: [],
      serviceSelectors: [],
    },
  ])
})

test('the entries of a legacy pool are advertisements of their own', () => {
  const bgpAdvertisements = [
    { localPref: 100, communities: ['blue', 'no-export'] },
    { aggregationLength: 26, localPref: 200 },
  ]
  const { config, problems } = legacy({ bgpAdvertisements }, community('c', { blue: '64500:1' }))
  assert.deepEqual(problems, [])
  assert.deepEqual(
    config.pools[0]?.bgp.map((ad) => [
      ad.name,
      ad.localPref,
      ad.communities.map((one) => one.text),
    ]),
    [
      ['old[0]', 100, ['64500:1', '65535:65281']],
      ['old[1]', 200, []],
    ],
  )
})

test('an advertisement of all pools leaves legacy pools alone', () => {
  const { config } = legacy({}, bgpAd('all'), pool('new', ['6.0.0.0/24']))
  assert.deepEqual(
    config.pools.map((one) => [one.name, one.bgp.map((ad) => ad.name)]),
    [
      ['new', ['all']],
      ['old', ['old[0]']],
    ],
  )
})

test('a legacy entry keeps its communities while their name is gone', () => {
  const spec = {
    protocol: 'bgp',
    addresses: ['5.0.0.0/24'],
    bgpAdvertisements: [{ communities: ['blue'] }],
  }
  const first = run(legacyPool('old', spec), community('c', { blue: '64500:1' }))
  const then = resolve(configObjects([legacyPool('old', spec)]), first.accepted)
  assert.equal(then.config.pools, first.config.pools)
  assert.deepEqual(
    then.problems.map((one) => [one.path, one.transient]),
    [['spec.bgpAdvertisements[0].communities[0]', true]],
  )
  assert.deepEqual(run(legacyPool('old', spec)).config.pools, [])
})

for (const [title, spec, path] of [
  [
    'an aggregation longer than the pool',
    { bgpAdvertisements: [{}, { aggregationLength: 20 }] },
    'spec.bgpAdvertisements[1].aggregationLength',
  ],
  ['an overlap with a new pool', { addresses: ['6.0.0.0/25'] }, 'spec.addresses[0]'],
  [
    'a community that is none',
    { bgpAdvertisements: [{ communities: ['1:x'] }] },
    'spec.bgpAdvertisements[0].communities[0]',
  ],
] as const) {
  test(`a legacy pool is refused: ${title}`, () => {
    const { config, problems } = legacy(spec, pool('new', ['6.0.0.0/24']))
    assert.deepEqual(
      config.pools.map((one) => one.name),
      ['new'],
    )
    assert.deepEqual(
      problems.map((one) => [one.kind, one.path]),
      [['AddressPool', path]],
    )
  })
}

test('one name for two pools, whatever their kind', () => {
  const { problems } = legacy({}, pool('old', ['6.0.0.0/24']))
  assert.match(problems[0]!.message, /a pool named "old" already exists, as IPAddressPool/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pool, service, world } from '../../test/support/build.ts'
import type { IpAddressPool } from '../api/kinds.ts'
import { allocate, assign, isAllocation, type Stock } from './allocate.ts'
import { claim, emptyLedger } from './ledger.ts'
import { indexPools } from './pool-index.ts'
import { type Request, requestOf } from './request.ts'

const stockOf = (...pools: IpAddressPool[]): Stock => ({
  index: indexPools(world(pools).config.pools),
  ledger: emptyLedger(),
})

interface Given {
  readonly name?: string
  readonly stack?: 'v4' | 'v6' | 'prefer' | 'require'
  readonly ports?: number[]
  readonly key?: string
  readonly pool?: string
  readonly wants?: string
  readonly labels?: Record<string, string>
  readonly namespace?: string
  readonly families?: string[]
}

function request(given: Given = {}): Request {
  const { name = 'web', stack = 'v4', ports = [80], labels = {}, namespace = 'default' } = given
  const clusterIPs = { v4: ['10.96.0.1'], v6: ['fd99::1'], prefer: BOTH, require: BOTH }[stack]
  const policy = { prefer: 'PreferDualStack', require: 'RequireDualStack' }[stack as 'prefer']
  const annotations = {
    ...(given.key ? { 'metallb.io/allow-shared-ip': given.key } : {}),
    ...(given.pool ? { 'metallb.io/address-pool': given.pool } : {}),
    ...(given.wants ? { 'metallb.io/loadBalancerIPs': given.wants } : {}),
  }
  const ipFamilies = given.families ?? []
  const spec = { clusterIPs, ports, ipFamilies, ...(policy ? { ipFamilyPolicy: policy } : {}) }
  return requestOf(service(name, spec, { annotations, labels, namespace }))
}
const BOTH = ['10.96.0.1', 'fd99::1']

/** Allocates and claims; the addresses, or the reason. */
function take(stock: Stock, given: Given = {}): string {
  const asked = request(given)
  const answer = allocate(stock, asked)
  if (!isAllocation(answer)) return answer.because
  claim(stock.ledger, answer.pool, answer.addresses, asked)
  return answer.addresses.map((at) => at.text).join(' ')
}

const takeAll = (stock: Stock, ...given: Given[]) =>
  given.map((one, i) => take(stock, { name: `s${i}`, ...one }))

test('every address of a prefix is given, the lowest first', () => {
  assert.deepEqual(takeAll(stockOf(pool('p', ['1.2.3.0/30'])), {}, {}, {}, {}, {}), [
    '1.2.3.0',
    '1.2.3.1',
    '1.2.3.2',
    '1.2.3.3',
    'noPoolFits',
  ])
})

test('blocks are used in the order in which they stand', () => {
  const stock = stockOf(pool('p', ['9.0.0.9/32', '1.0.0.1-1.0.0.2']))
  assert.deepEqual(takeAll(stock, {}, {}, {}), ['9.0.0.9', '1.0.0.1', '1.0.0.2'])
})

test('a pool that avoids .0 and .255 neither gives nor accepts them', () => {
  const stock = stockOf(pool('p', { addresses: ['1.2.3.254-1.2.4.1'], avoidBuggyIPs: true }))
  assert.deepEqual(takeAll(stock, {}, { wants: '1.2.3.255' }, {}, {}), [
    '1.2.3.254',
    'addressNotInPool',
    '1.2.4.1',
    'noPoolFits',
  ])
  const normal = stockOf(pool('p', ['1.2.3.254-1.2.4.1']))
  assert.equal(take(normal, { wants: '1.2.3.255' }), '1.2.3.255')
})

test('a huge pool costs no more than a small one', () => {
  const stock = stockOf(pool('p', ['10.0.0.0/8', 'fd00::/16']))
  const given = Array.from({ length: 2000 }, (): Given => ({ stack: 'require' }))
  assert.equal(takeAll(stock, ...given).at(-1), '10.0.7.207 fd00::7cf')
  // Where a search has come to is where the next one goes on.
  assert.deepEqual([...stock.ledger.cursors.values()], [167774159n, (0xfd00n << 112n) | 1999n])
})

for (const [title, given, expected] of [
  ['the pool is for other namespaces', { namespace: 'b' }, 'noPoolFits'],
  ['also when it is named', { namespace: 'b', pool: 'p' }, 'namespaceNotSelected'],
  ['also when its address is', { namespace: 'b', wants: '1.1.1.1' }, 'namespaceNotSelected'],
  ['the namespace fits, the labels do not', { namespace: 'a' }, 'noPoolFits'],
  ['both fit', { namespace: 'a', labels: { tier: 'gold' } }, '1.1.1.0'],
] as const) {
  test(`a pinned pool: ${title}`, () => {
    const serviceAllocation = {
      namespaces: ['a'],
      serviceSelectors: [{ matchLabels: { tier: 'gold' } }],
    }
    const stock = stockOf(pool('p', { addresses: ['1.1.1.0/24'], serviceAllocation }))
    assert.equal(take(stock, given), expected)
  })
}

const pinned = (name: string, at: string, priority?: number) =>
  pool(name, {
    addresses: [at],
    serviceAllocation: { namespaces: ['default'], ...(priority === undefined ? {} : { priority }) },
  })

test('pinned pools come by priority, those without last, then the pools for all, then by name', () => {
  const stock = stockOf(
    pool('open-b', ['1.0.0.6/32']),
    pool('open-a', ['1.0.0.7/32']),
    pinned('none', '1.0.0.4/32'),
    pinned('negative', '1.0.0.3/32', -1),
    pinned('late', '1.0.0.2/32', 11),
    pinned('early-b', '1.0.0.1/32', 5),
    pinned('early-a', '1.0.0.0/32', 5),
    pool('all', { addresses: ['1.0.0.5/32'], serviceAllocation: {} }),
  )
  const given = Array.from({ length: 8 }, (): Given => ({}))
  assert.deepEqual(
    takeAll(stock, ...given).map((text) => text.at(-1)),
    ['0', '1', '2', '5', '3', '4', '7', '6'],
  )
})

test('a pool pinned to others is never borrowed from', () => {
  const others = pool('p', { addresses: ['1.0.0.0/24'], serviceAllocation: { namespaces: ['x'] } })
  assert.deepEqual(takeAll(stockOf(others, pool('o', ['2.0.0.0/32'])), {}, {}), [
    '2.0.0.0',
    'noPoolFits',
  ])
})

test('a pinned pool of one family goes before an open one of both', () => {
  const stock = stockOf(pinned('p', '1.0.0.0/24'), pool('o', ['2.0.0.0/24', 'fd00::/64']))
  assert.equal(take(stock, { stack: 'prefer' }), '1.0.0.0')
  assert.equal(take(stock, { stack: 'require', name: 'b' }), '2.0.0.0 fd00::')
})

for (const [title, given, expected] of [
  ['both, where a pool has both', { stack: 'prefer' }, '3.0.0.0 fd03::'],
  ['one pool, never two', { stack: 'require', pool: 'four' }, 'onlyOneFamily'],
  ['of the family of the Service', { stack: 'v6' }, 'fd03::'],
  ['not a family the pool lacks', { stack: 'v6', pool: 'four' }, 'noSuchFamily'],
  [
    'the two that are wanted, if of one pool',
    { stack: 'prefer', wants: 'fd03::1,3.0.0.1' },
    '3.0.0.1 fd03::1',
  ],
  [
    'not the two that are wanted of two pools',
    { stack: 'prefer', wants: '4.0.0.0,fd03::' },
    'addressesOfTwoPools',
  ],
] as [string, Given, string][]) {
  test(`families: ${title}`, () => {
    const stock = stockOf(
      pool('both', ['3.0.0.0/24', 'fd03::/64']),
      pool('four', ['4.0.0.0/24']),
      pool('six', ['fd06::/64']),
    )
    assert.equal(take(stock, given), expected)
  })
}

test('no family of a dual-stack Service is left behind when the other cannot be had', () => {
  const stock = stockOf(pool('p', ['1.0.0.0/24', 'fd00::/128']))
  assert.deepEqual(takeAll(stock, { stack: 'v6' }, { stack: 'require' }, {}), [
    'fd00::',
    'noPoolFits',
    '1.0.0.0',
  ])
})

test('who shares joins who it can share with, else takes a free address', () => {
  const stock = stockOf(pool('a', ['1.0.0.0/24']), pool('b', ['2.0.0.0/24']))
  assert.deepEqual(
    takeAll(
      stock,
      { key: 'k', wants: '2.0.0.5' },
      { key: 'k', ports: [81] },
      { key: 'k', ports: [80] },
      { key: 'k', ports: [82] },
      { key: 'k', ports: [81] },
      { key: 'other', ports: [83] },
    ),
    ['2.0.0.5', '2.0.0.5', '1.0.0.0', '1.0.0.0', '1.0.0.0', '1.0.0.1'],
  )
})

test('two families may be shared with two different Services', () => {
  const stock = stockOf(pool('p', ['1.0.0.0/24', 'fd00::/64']))
  assert.deepEqual(
    takeAll(
      stock,
      { key: 'k', ports: [80] },
      { key: 'k', ports: [80], stack: 'v6' },
      { key: 'k', ports: [81], stack: 'v6', wants: 'fd00::7' },
      { key: 'k', ports: [82], stack: 'require' },
    ),
    ['1.0.0.0', 'fd00::', 'fd00::7', '1.0.0.0 fd00::'],
  )
  assert.deepEqual(stock.ledger.usage.get('p'), { 4: 1, 6: 2 })
})

test('an address in use says by whom and why', () => {
  const stock = stockOf(pool('p', ['1.0.0.0/24']))
  takeAll(stock, { key: 'k', ports: [80] }, { key: 'k', ports: [443] })
  const why = (given: Given) => {
    const asked = request({ ...given, wants: '1.0.0.0' })
    const answer = allocate(stock, asked)
    return isAllocation(answer) ? 'given' : answer.detail
  }
  assert.equal(why({}), '1.0.0.0 by default/s0: not both are marked as sharing')
  assert.equal(why({ key: 'x' }), '1.0.0.0 by default/s0: their sharing keys differ')
  assert.equal(why({ key: 'k', ports: [443] }), '1.0.0.0 by default/s1: both use port TCP/443')
  assert.equal(why({ key: 'k', ports: [8080] }), 'given')
})

test('no addresses are no assignment', () => {
  const answer = assign(stockOf(pool('p', ['1.0.0.0/24'])), request(), [])
  assert.equal(isAllocation(answer), false)
})

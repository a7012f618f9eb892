import assert from 'node:assert/strict'
import test from 'node:test'
import {
  bgpAd,
  type Given,
  l2Ad,
  node,
  pool,
  service,
  slice,
  world,
} from '../../test/support/build.ts'
import type { L2World } from './announce-l2.ts'
import { AnnouncementMemo, announcementsOf } from './announcements.ts'
import { planLayer2 } from './layer2.ts'

const POOL = pool('p', ['192.0.2.0/24', 'fd00::/64'])
const ALL = l2Ad('all')
const WEB: Given[] = [
  service('web', {}, { ips: ['192.0.2.1'] }),
  slice('web', [{ nodeName: 'n1', addresses: ['10.1.0.1'] }]),
]
const N1 = node('n1')
const N2 = node('n2')
const options = { node: 'n1', hostname: 'n1', ignoreExcludeLb: false, logLevel: 'info' }
const worldOf = (...given: Given[]): L2World => ({ ...world(given), ...options })
const EXCLUDED = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' }

const BASE = {
  ...worldOf(POOL, ALL, bgpAd('a'), N1, N2, ...WEB),
  members: new Set(['n1', 'n2']),
}
const withNodes = (...nodes: Given[]) => ({ ...BASE, nodes: worldOf(...nodes).nodes })

// What layer 2 looks at; of the Service itself nothing is different.
for (const [name, next, isKept] of [
  ['the same world', BASE, true],
  ['the time', { ...BASE, now: BASE.now + 1 }, true],
  ['another node beats its heart', withNodes(N1, node('n2')), true],
  ['another node is excluded', withNodes(N1, node('n2', EXCLUDED)), false],
  ['this node is labelled', withNodes(node('n1', { a: 'b' }), N2), false],
  ['a node goes, whose speaker lives', withNodes(N1), true],
  ['the same speakers live', { ...BASE, members: new Set(['n2', 'n1']) }, true],
  ['a speaker dies', { ...BASE, members: new Set(['n1']) }, false],
  ['links are known', { ...BASE, linkNames: new Set(['eth0']) }, false],
  ['the configuration', { ...BASE, config: worldOf(POOL, ALL, N1, N2).config }, false],
  ['endpoints', { ...BASE, slices: new Map() }, false],
] as [string, L2World, boolean][]) {
  test(`decisions stand until something they look at is different: ${name}`, () => {
    const memo = new AnnouncementMemo()
    const before = announcementsOf(BASE, memo)[0]
    const after = announcementsOf(next, memo)[0]
    assert.deepEqual(after, announcementsOf(next, new AnnouncementMemo())[0])
    if (isKept) assert.equal(after, before)
    else assert.notEqual(after, before)
  })
}

test('who lives is no matter of BGP', () => {
  const memo = new AnnouncementMemo()
  const [before] = announcementsOf(BASE, memo)
  const [after] = announcementsOf({ ...BASE, members: new Set(['n1']) }, memo)
  assert.equal(after!.bgp, before!.bgp)
  assert.notEqual(after!.l2, before!.l2)
})

test('with the last L2Advertisement goes the word about layer 2, and comes back with one', () => {
  const memo = new AnnouncementMemo()
  const [before] = announcementsOf(BASE, memo)
  const without = { ...BASE, config: worldOf(POOL, bgpAd('a'), N1, N2).config }
  assert.ok(!('l2' in announcementsOf(without, memo)[0]!))
  assert.deepEqual(announcementsOf(BASE, memo)[0], before)
})

/** What n1 answers for, alone, given Services and advertisements. */
function answered(...given: Given[]): string[] {
  const { addresses } = planLayer2(
    announcementsOf(worldOf(POOL, N1, ...given), new AnnouncementMemo()),
  )
  return addresses.map(({ address, interfaces }) => [address.text, ...interfaces].join(' '))
}

const sharing = (name: string, ips: string[], tier = ''): Given[] => [
  service(name, {}, { ips, labels: { tier } }),
  slice(name, [{ nodeName: 'n1', addresses: ['10.1.0.1'] }]),
]
const ofTier = (tier: string, interfaces: string[]) =>
  l2Ad(tier, { interfaces, serviceSelectors: [{ matchLabels: { tier } }] })

test('each address once, in the order of addresses, however many have it and spell it', () => {
  assert.deepEqual(
    answered(
      ALL,
      ...sharing('a', ['192.0.2.10', 'FD00:0::1']),
      ...sharing('b', ['192.0.2.9']),
      ...sharing('c', ['192.0.2.9', 'fd00::1']),
    ),
    ['192.0.2.9', '192.0.2.10', 'fd00::1'],
  )
})

test('the interfaces of an address are those of all its Services; all is all', () => {
  const ads = [ofTier('x', ['eth2', 'eth1']), ofTier('y', ['eth0', 'eth1']), ofTier('z', [])]
  const both = [...sharing('a', ['192.0.2.1'], 'x'), ...sharing('b', ['192.0.2.1'], 'y')]
  assert.deepEqual(answered(...ads, ...both), ['192.0.2.1 eth0 eth1 eth2'])
  assert.deepEqual(answered(...ads, ...both, ...sharing('c', ['192.0.2.1'], 'z')), ['192.0.2.1'])
  assert.deepEqual(answered(...ads, ...sharing('0', ['192.0.2.1'], 'z'), ...both), ['192.0.2.1'])
})

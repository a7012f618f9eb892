import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseExclusion } from './exclusion.ts'
import { LinkTable } from './links.ts'
import type { AddressMessage, LinkMessage } from './rtnetlink.ts'

const UP = 0x1_0043
const eth0: LinkMessage = {
  ...{ kind: 'link', index: 2, name: 'eth0', flags: UP, mac: 0x0200_0000_0001 },
  ...{ master: undefined, masterKind: undefined },
}
const linkLocal: AddressMessage = {
  ...{ kind: 'address', index: 2, flags: 0x80 },
  address: Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
}

function tableOf(messages: readonly (LinkMessage | AddressMessage)[], excluded: string[] = []) {
  const table = new LinkTable(parseExclusion(excluded))
  for (const message of messages) table.apply(message)
  return table
}

const NO_NDP = 'no NDP: it has no IPv6 link-local address'
for (const [name, change, address, expected] of [
  ['both protocols', {}, linkLocal, 'arp ndp'],
  ['without a link-local address', {}, undefined, `arp ${NO_NDP}`],
  ['a global address is none', {}, { ...linkLocal, address: new Uint8Array(16) }, `arp ${NO_NDP}`],
  [
    ...['being checked', {}, { ...linkLocal, flags: 0xc0 }],
    'arp no NDP: its IPv6 link-local address is still being checked for duplicates',
  ],
  [
    ...['a duplicate', {}, { ...linkLocal, flags: 0x88 }],
    'arp no NDP: its IPv6 link-local address is in use by another machine',
  ],
  ['no broadcast', { flags: 0x1_0041 }, linkLocal, 'ndp no ARP: it cannot broadcast'],
  ['down', { flags: 0x1002 }, linkLocal, 'it is down'],
  ['no carrier', { flags: 0x1003 }, linkLocal, 'it has no carrier'],
  ['NOARP', { flags: UP | 0x80 }, linkLocal, 'it is set to NOARP'],
  ['loopback', { flags: 0x1_0049, mac: 0 }, undefined, 'it is a loopback'],
  ['a tunnel', { mac: undefined }, linkLocal, 'it has no Ethernet address'],
  ['a bridge port', { master: 9, masterKind: 'bridge' }, linkLocal, 'it is a port of bridge br0'],
  [
    'a bond slave',
    { master: 8, masterKind: 'bond' },
    linkLocal,
    'it is a port of bond interface 8',
  ],
  ['in something unknown', { master: 9 }, linkLocal, 'it is a port of br0'],
  ['in a VRF', { master: 9, masterKind: 'vrf' }, linkLocal, 'arp ndp'],
] as const) {
  test(`does it answer: ${name}`, () => {
    const br0 = { ...eth0, index: 9, name: 'br0', mac: 0x0200_0000_0009 }
    const messages = [br0, { ...eth0, ...change }, ...(address ? [address] : [])]
    const { seen, answering } = tableOf(messages).read()
    const { arp, ndp, why } = seen.find((link) => link.name === 'eth0')!
    const told = [arp ? 'arp' : '', ndp ? 'ndp' : '', why ?? ''].filter(Boolean).join(' ')
    assert.equal(told, expected)
    const link = answering.find((one) => one.name === 'eth0')
    assert.deepEqual([link?.arp ?? false, link?.linkLocal !== undefined], [arp, ndp])
  })
}

test('an excluded interface is not seen at all, but its address is still one of ours', () => {
  const { seen, answering, grouped, ownMacs } = tableOf([eth0, linkLocal], ['^eth']).read()
  assert.deepEqual([seen, answering, grouped], [[], [], []])
  assert.ok(ownMacs.has(eth0.mac!))
})

test('a new name or hardware address takes effect, and the addresses stay', () => {
  const table = tableOf([eth0, linkLocal, { ...eth0, name: 'lan', mac: 0x0200_0000_0002 }])
  const [link] = table.read().seen
  assert.deepEqual(link, {
    ...{ name: 'lan', index: 2, mac: '02:00:00:00:00:02' },
    ...{ arp: true, ndp: true },
  })
})

test('while its link-local address is being checked, the interface can be a member of groups', () => {
  assert.deepEqual(tableOf([eth0, { ...linkLocal, flags: 0xc0 }]).read().grouped, [2])
  assert.deepEqual(tableOf([{ ...eth0, flags: 0x1002 }, linkLocal]).read().grouped, [])
})

test('the source of advertisements stays the same while it can', () => {
  const other = { ...linkLocal, address: Uint8Array.from(linkLocal.address).fill(2, 15) }
  const table = tableOf([eth0, linkLocal, other])
  const sourceOf = () => table.read().answering[0]?.linkLocal
  assert.deepEqual(sourceOf(), linkLocal.address)
  table.apply({ ...linkLocal, flags: 0x80 })
  assert.deepEqual(sourceOf(), linkLocal.address)
  table.apply({ ...linkLocal, kind: 'address-gone' })
  assert.deepEqual(sourceOf(), other.address)
})

test('what a dump does not tell of is gone, except what appeared meanwhile', () => {
  const eth1 = { ...eth0, index: 3, name: 'eth1' }
  const eth2 = { ...eth0, index: 4, name: 'eth2' }
  const table = tableOf([eth0, eth1, linkLocal])
  table.beginDump('links')
  table.apply(eth2)
  table.apply(eth0)
  table.endDump()
  table.beginDump('addresses')
  table.endDump()
  const { seen } = table.read()
  assert.deepEqual(
    seen.map(({ name, ndp }) => [name, ndp]),
    [
      ['eth0', false],
      ['eth2', false],
    ],
  )
})

test('a link that is gone takes its addresses along', () => {
  const table = tableOf([eth0, linkLocal])
  table.apply({ kind: 'link-gone', index: 2 })
  table.apply(eth0)
  assert.equal(table.read().seen[0]?.ndp, false)
})

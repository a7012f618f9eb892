import assert from 'node:assert/strict'
import test from 'node:test'
import { announcedPrefixes } from './networks.ts'
import { parseTree } from './tree.ts'

const TEXT = `
ip prefix-list network seq 5 permit 10.0.0.0/8
router bgp 64500
 neighbor 192.0.2.1 remote-as 64512
 address-family ipv4 unicast
  network 198.51.100.1/32 route-map svc-1
  neighbor 192.0.2.1 activate
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8::1/128 route-map svc-1
 exit-address-family
router bgp 64500 vrf red
 address-family ipv4 unicast
  network 203.0.113.0/24
 exit-address-family
`

test('the networks of every router and family, and nothing else', () => {
  const expected = new Set(['198.51.100.1/32', '2001:db8::1/128', '203.0.113.0/24'])
  assert.deepEqual(announcedPrefixes(parseTree(TEXT)), expected)
})

test('none in an FRR that was told nothing yet', () => {
  assert.deepEqual(announcedPrefixes(parseTree('hostname n1\n')), new Set())
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { config } from './arbitrary-config.ts'
import { equalTrees, ownedBy, parseTree, renderTree } from './tree.ts'

const sameAs = (a: string, b: string): void => {
  assert.equal(renderTree(parseTree(a)), renderTree(parseTree(b)))
}
const inRouter = (lines: string): string => `router bgp 64512\n${lines}\n`
const inFamily = (lines: string): string => inRouter(`address-family ipv4 unicast\n${lines}`)
const inMap = (lines: string): string => `route-map m permit 10\n${lines}\n`
const inProfile = (lines: string): string => `bfd\nprofile p\n${lines}\n`

for (const [name, written, printed] of [
  [
    'multihop',
    inRouter('neighbor 10.0.0.2 ebgp-multihop'),
    inRouter('neighbor 10.0.0.2 ebgp-multihop 255'),
  ],
  ['the standard port', inRouter('neighbor 10.0.0.2 port 179'), inRouter('')],
  [
    'IPv6 in long form',
    inRouter('neighbor FD00:0:0::2 remote-as 1'),
    inRouter('neighbor fd00::2 remote-as 1'),
  ],
  [
    'a profile implies bfd',
    inRouter('neighbor a bfd profile p'),
    inRouter('neighbor a bfd\nneighbor a bfd profile p'),
  ],
  [
    'a positive default',
    inRouter('no bgp default ipv4-unicast\nbgp default ipv4-unicast'),
    inRouter(''),
  ],
  ['the default VRF', 'router bgp 64512 vrf default\n', 'router bgp 64512\n'],
  ['host bits of a network', inFamily('network 198.19.0.9/24'), inFamily('network 198.19.0.0/24')],
  ['IPv6 networks', inFamily('network FD01:0::1/64'), inFamily('network fd01::/64')],
  ['all communities are sent', inFamily('neighbor a send-community all'), inFamily('')],
  [
    'the family without its subfamily',
    inRouter('address-family ipv4\nnetwork 1.0.0.0/8'),
    inFamily('network 1.0.0.0/8'),
  ],
  [
    'a network right under the router',
    inRouter('network 1.0.0.0/8\ncoalesce-time 10'),
    inRouter('coalesce-time 10\naddress-family ipv4 unicast\nnetwork 1.0.0.0/8'),
  ],
  [
    'communities by number',
    inMap('set community 65001:9 no-export 65001:10 additive'),
    inMap('set community 65001:9 65001:10 no-export additive'),
  ],
  [
    'well-known communities by name',
    inMap('set community 65535:666 65535:65281'),
    inMap('set community blackhole no-export'),
  ],
  [
    'large communities as a set',
    inMap('set large-community 3:2:10 3:2:9 3:2:9'),
    inMap('set large-community 3:2:9 3:2:10'),
  ],
  ['the later of two values', inMap('match tag 1\nmatch tag 2'), inMap('match tag 2')],
  [
    'BFD defaults',
    inProfile(
      'receive-interval 300\ntransmit-interval 300\ndetect-multiplier 3\nminimum-ttl 254\necho receive-interval 50',
    ),
    inProfile(''),
  ],
  ['BFD switches that are off', inProfile('no echo-mode\nno passive-mode'), inProfile('')],
  [
    'list entries without numbers',
    'ip prefix-list l permit any\nip prefix-list l deny 10.1.2.3/8\nip prefix-list l permit any',
    'ip prefix-list l seq 5 permit any\nip prefix-list l seq 10 deny 10.0.0.0/8',
  ],
  ['a frame with nothing in it', 'bfd\n!\nexit\n', ''],
  ['a delay timer at its default', 'bgp route-map delay-timer 5', ''],
] as const) {
  test(`as FRR prints it: ${name}`, () => sameAs(written, printed))
}

for (const [name, text, expected] of [
  [
    'a context opened twice merges',
    `${inRouter('neighbor a remote-as 1')}${inMap('set tag 1')}${inRouter('neighbor b remote-as 2')}`,
    `${inRouter('neighbor a remote-as 1\nneighbor b remote-as 2')}${inMap('set tag 1')}`,
  ],
  [
    'another action keeps the clause',
    'route-map m permit 10\nset tag 1\nroute-map m deny 10',
    'route-map m deny 10\nset tag 1',
  ],
  [
    'a no undoes what stood before',
    inFamily('neighbor a activate\nno neighbor a activate'),
    inFamily(''),
  ],
  [
    'a no alone is a setting',
    inRouter('no bgp network import-check'),
    inRouter('no bgp network import-check'),
  ],
  [
    'a neighbour taken back takes all its lines',
    `${inRouter('neighbor a remote-as 1\nneighbor a port 1\naddress-family ipv4\nneighbor a activate')}${inRouter('no neighbor a')}`,
    inFamily(''),
  ],
  ['a clause taken back', `${inMap('set tag 1')}no route-map m permit 10\n`, ''],
  [
    'a session line inside a family belongs to the router',
    inFamily('network 1.0.0.0/8\nneighbor a description x'),
    inRouter('neighbor a description x\naddress-family ipv4 unicast\nnetwork 1.0.0.0/8'),
  ],
  [
    'exit leaves one level, end all',
    `${inFamily('network 1.0.0.0/8\nexit\ncoalesce-time 1\nend')}log stdout`,
    `log stdout\n${inRouter('coalesce-time 1\naddress-family ipv4 unicast\nnetwork 1.0.0.0/8')}`,
  ],
  [
    'a password that looks like an address is left alone',
    inRouter('neighbor a password FD00::1'),
    inRouter('neighbor a password FD00::1'),
  ],
] as const) {
  test(`reading a configuration: ${name}`, () => sameAs(text, expected))
}

test('a password is not lower-cased', () => {
  assert.match(renderTree(parseTree(inRouter('neighbor a password FD00::1'))), /password FD00::1/)
})

test('what bgpd 8.4.4 prints is what we wrote', () => {
  const printed = `frr version 8.4.4
frr defaults traditional
!
hostname foo
debug bgp updates in
!
bgp route-map delay-timer 0
router bgp 64512
 no bgp ebgp-requires-policy
 coalesce-time 10
 neighbor 10.0.0.2 remote-as 64513
 neighbor 10.0.0.2 ebgp-multihop 255
 !
 address-family ipv4 unicast
  network 198.19.0.1/32 route-map svc-7
  neighbor 10.0.0.2 activate
 exit-address-family
!
exit
!
route-map svc-7 permit 1
 set tag 7
exit
!
`
  const written = `hostname other
log stdout informational
ip nht resolve-via-default
bgp route-map delay-timer 0
route-map svc-7 permit 1
 set tag 7
router bgp 64512
 no bgp ebgp-requires-policy
 coalesce-time 10
 neighbor 10.0.0.2 remote-as 64513
 neighbor 10.0.0.2 port 179
 neighbor 10.0.0.2 ebgp-multihop
 address-family ipv4 unicast
  neighbor 10.0.0.2 activate
  network 198.19.0.1/32 route-map svc-7
`
  const [a, b] = [printed, written].map((text) => ownedBy('bgpd', parseTree(text)))
  assert.ok(equalTrees(a!, b!), `${renderTree(a!)}\n${renderTree(b!)}`)
})

test('each daemon gets its own part, and what is read at the start goes to none', () => {
  const tree = parseTree(
    `log stdout\nip nht resolve-via-default\n${inMap('set tag 1')}${inProfile('')}`,
  )
  assert.equal(renderTree(ownedBy('bgpd', tree)), renderTree(parseTree(inMap('set tag 1'))))
  assert.equal(renderTree(ownedBy('bfdd', tree)), renderTree(parseTree(inProfile(''))))
})

test('text → tree → text → tree ends where it began', () => {
  fc.assert(
    fc.property(config({ vrfs: ['red'], asns: [64512] }), (text) => {
      const tree = parseTree(text)
      assert.ok(equalTrees(parseTree(renderTree(tree)), tree))
    }),
    { numRuns: 100 },
  )
})

test('any text is read without a crash, and reads the same a second time', () => {
  const word = fc.constantFrom(
    ...['router', 'bgp', '1', 'no', 'neighbor', 'a', 'exit', 'end', 'bfd', 'profile', 'route-map'],
    ...[
      'permit',
      'match',
      'network',
      '1.0.0.0/8',
      '!',
      'address-family',
      'ipv4',
      'ip',
      'prefix-list',
    ],
  )
  const line = fc.array(word, { maxLength: 5 }).map((words) => words.join(' '))
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
      const once = renderTree(parseTree(lines.join('\n')))
      assert.equal(renderTree(parseTree(once)), once)
    }),
    { numRuns: 300 },
  )
})

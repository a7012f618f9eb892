import assert from 'node:assert/strict'
import test from 'node:test'
import { node, peer, world } from '../../test/support/build.ts'
import { blame } from './blame.ts'
import { planSpeaker } from './speaker.ts'

const given = world([
  node('n1'),
  peer('tor', { peerAddress: '10.0.0.1' }),
  peer('red-tor', { peerAddress: '10.0.0.1', vrf: 'red' }),
  peer('other', { peerAddress: '10.0.0.11' }),
])
const speaker = { node: 'n1', hostname: 'n1', ignoreExcludeLb: false, logLevel: 'info' }
const model = planSpeaker({ ...given, ...speaker }).frr

const ROUTER = 'router bgp 64500'
for (const [name, context, line, expected] of [
  ['a line of a neighbour', [ROUTER], 'neighbor 10.0.0.1 timers 3 9', 'tor'],
  ['its removal', [ROUTER], 'no neighbor 10.0.0.11 password x', 'other'],
  [
    'a line of a family',
    [ROUTER, 'address-family ipv4 unicast'],
    'neighbor 10.0.0.1 activate',
    'tor',
  ],
  ['the same address in a VRF', [`${ROUTER} vrf red`], 'neighbor 10.0.0.1 bfd', 'red-tor'],
  ['its outbound map', ['route-map 10.0.0.1-out permit 10'], 'set local-preference 1', 'tor'],
  ['the map of one in a VRF', [], 'route-map 10.0.0.1-red-out permit 10', 'red-tor'],
  ['a network', [ROUTER, 'address-family ipv4 unicast'], 'network 192.0.2.1/32', undefined],
  ['a map of a class', ['route-map svc-1 permit 1'], 'set tag 1', undefined],
  ['the router itself', [], ROUTER, undefined],
  ['a neighbour of nobody', [ROUTER], 'neighbor 10.9.9.9 activate', undefined],
] as const) {
  test(`who is to blame for ${name}?`, () =>
    assert.equal(blame({ context, line }, model), expected))
}

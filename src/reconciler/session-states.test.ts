import assert from 'node:assert/strict'
import test from 'node:test'
import { BgpSessionStateStatus } from '../api/bgp-session-state.ts'
import { SessionStates } from './session-states.ts'
import type { PeerSession } from './sessions.ts'

const session = (change: Partial<PeerSession> = {}): PeerSession => ({
  ...{ vrf: 'default', peer: '192.0.2.1', name: 'tor', port: 179, state: 'Active', isUp: false },
  ...{ established: 0, dropped: 0, sent: { 4: 0, 6: 0 }, wanted: { 4: 0, 6: 0 } },
  ...change,
})
const up = session({ state: 'Established', isUp: true })
const states = () => new SessionStates('metallb-system')

for (const [name, change, peer, vrf] of [
  ['IPv4', {}, '192.0.2.1', ''],
  ['IPv6', { peer: '2001:db8::1' }, '2001-0db8-0000-0000-0000-0000-0000-0001', ''],
  ['unnumbered', { peer: 'eth0.100' }, 'eth0.100', ''],
  ['in a VRF', { vrf: 'red' }, '192.0.2.1', 'red'],
] as const) {
  test(`what a state says of its session: ${name}`, () => {
    const [one] = states().of('n1', [session(change)], 0).objects
    const status = { bgpStatus: 'Active', bfdStatus: 'N/A', node: 'n1', peer, vrf }
    assert.deepEqual(BgpSessionStateStatus.parse(one!.status), status)
    assert.partialDeepStrictEqual(one!.metadata.labels, {
      'frrk8s.metallb.io/node': 'n1',
      'frrk8s.metallb.io/peer': peer,
      'frrk8s.metallb.io/vrf': vrf,
    })
    assert.match(one!.metadata.name, /^n1-[0-9a-f]{12}$/)
  })
}

test('labels hold what a label may hold, whatever the names', () => {
  const node = `${'n'.repeat(62)}.${'m'.repeat(190)}`
  const [one] = states().of(node, [session({ peer: 'eth0:1@' })], 0).objects
  assert.ok(one!.metadata.name.length <= 253)
  for (const [key, value] of Object.entries(one!.metadata.labels)) {
    if (key.startsWith('frrk8s')) assert.match(value, /^([A-Za-z0-9][\w.-]{0,61})?[A-Za-z0-9]$|^$/)
  }
})

test('the same is the very same object; another status keeps the name', () => {
  const of = states()
  const [first] = of.of('n1', [session()], 0).objects
  assert.equal(of.of('n1', [session()], 1).objects[0], first)
  const [second] = of.of('n1', [up], 2).objects
  assert.notEqual(second, first)
  assert.equal(second!.metadata.name, first!.metadata.name)
})

test('up, down and BFD are said at once, the attempts in between once a minute', () => {
  const of = states()
  const said = (one: PeerSession, now: number) => {
    const { objects, nextAt } = of.of('n1', [one], now)
    return [objects[0]!.status.bgpStatus, objects[0]!.status.bfdStatus, nextAt]
  }
  assert.deepEqual(said(up, 0), ['Established', 'N/A', undefined])
  assert.deepEqual(said(session({ state: 'Idle' }), 1_000), ['Idle', 'N/A', undefined])
  assert.deepEqual(said(session({ state: 'Connect' }), 2_000), ['Idle', 'N/A', 61_000])
  const bfd = { profile: 'fast', status: 'down' }
  assert.deepEqual(said(session({ bfd }), 3_000), ['Active', 'down', undefined])
  assert.deepEqual(said(session({ bfd, state: 'Idle' }), 4_000), ['Active', 'down', 63_000])
  assert.deepEqual(said(session({ bfd, state: 'Idle' }), 63_000), ['Idle', 'down', undefined])
  assert.deepEqual(said(up, 63_001), ['Established', 'N/A', undefined])
})

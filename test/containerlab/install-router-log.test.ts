import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outagesOf, sessionChanges } from './support/router-log.ts'

// As FRR 8.4 and 10.3 write them.
const LOG = `
2026/11/22 11:00:00.125 BGP: [M59KS-A3ZXZ] bgp_update_receive: rcvd End-of-RIB for IPv4 Unicast from 192.0.2.11
2026/11/22 11:00:00.250 BGP: [P8WHQ-K66GX] %ADJCHANGE: neighbor 192.0.2.11(n1) in vrf default Up
2026/11/22 11:00:01.000 BGP: [P8WHQ-K66GX] %ADJCHANGE: neighbor 192.0.2.12(n2) in vrf default Up
2026/11/22 11:00:02.000 BGP: [PXVXG-TFNNT] %ADJCHANGE: neighbor 192.0.2.11(n1) in vrf default Down Peer closed the session
2026/11/22 11:00:03.000 BGP: [PXVXG-TFNNT] %ADJCHANGE: neighbor 192.0.2.12(n2) in vrf default Down BGP Notification received
2026/11/22 11:00:06.500 BGP: [P8WHQ-K66GX] %ADJCHANGE: neighbor 192.0.2.11 in vrf default Up
`

test('who went and came, and for how long; what still is away has no length yet', () => {
  const changes = sessionChanges(LOG)
  assert.deepEqual(
    changes.map(({ peer, isUp }) => `${peer} ${isUp}`),
    [
      '192.0.2.11 true',
      '192.0.2.12 true',
      '192.0.2.11 false',
      '192.0.2.12 false',
      '192.0.2.11 true',
    ],
  )
  assert.deepEqual(
    outagesOf(changes).map(({ peer, ms }) => [peer, ms]),
    [['192.0.2.11', 4500]],
  )
})

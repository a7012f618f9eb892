import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBirdRoutes, parseBirdSessions } from './bird-text.ts'

// As BIRD 2.0.12 printed it.
const ROUTES = `BIRD 2.0.12 ready.
Table master6:
2001:db8:64::/128    unicast [n1_v6 01:59:06.487] * (100) [AS64513i]
\tvia 2001:db8:2::11 on eth0
\tType: BGP univ
\tBGP.origin: IGP
\tBGP.as_path: 64513
\tBGP.next_hop: 2001:db8:2::11 fe80::b4:aff:fea0:d228
\tBGP.med: 0
\tBGP.local_pref: 100
\tBGP.community: (64512,100) (64512,200)
\tBGP.large_community: (64512, 1, 100)
                     unicast [n2_v6 01:59:06.485] (100) [AS64513i]
\tvia 2001:db8:2::12 on eth0
\tType: BGP univ
\tBGP.origin: IGP
\tBGP.as_path: 64513 64513
\tBGP.next_hop: 2001:db8:2::12 fe80::44:4ff:fed8:e780
\tBGP.local_pref: 100
192.0.2.0/24         unicast [direct1 01:59:02.810] * (240)
\tdev eth0
\tType: device univ
`

test('paths: the attributes, alternatives under their prefix, and no route that is not BGP', () => {
  assert.deepEqual(parseBirdRoutes(ROUTES), [
    {
      ...{ prefix: '2001:db8:64::/128', nextHop: '2001:db8:2::11', best: true, asPath: [64513] },
      ...{ med: 0, localPref: 100 },
      communities: ['64512:100', '64512:200'],
      largeCommunities: ['64512:1:100'],
    },
    {
      ...{ prefix: '2001:db8:64::/128', nextHop: '2001:db8:2::12', best: false },
      ...{ asPath: [64513, 64513], localPref: 100, communities: [], largeCommunities: [] },
    },
  ])
})

const PROTOCOLS = `BIRD 2.0.12 ready.
Name       Proto      Table      State  Since         Info
device1    Device     ---        up     01:59:02.810

n1_v6      BGP        ---        up     01:59:02.810  Established
  BGP state:          Established
    Neighbor address: 2001:db8:2::11
    Neighbor AS:      64513

n2_v4      BGP        ---        start  01:59:02.810  Passive
  BGP state:          Passive
    Neighbor address: 192.0.2.12
    Neighbor AS:      64513
`
const BFD = `BIRD 2.0.12 ready.
bfd1:
IP address                Interface  State      Since         Interval  Timeout
192.0.2.12                eth0       Down       01:59:04.185    0.300    0.900
2001:db8:2::11            eth0       Up         01:59:04.090    0.300    0.900
`

test('sessions: BGP and BFD put together by the address', () => {
  assert.deepEqual(parseBirdSessions(PROTOCOLS, BFD), [
    { peer: '2001:db8:2::11', established: true, bfdUp: true },
    { peer: '192.0.2.12', established: false, bfdUp: false },
  ])
  assert.deepEqual(
    parseBirdSessions(PROTOCOLS, 'BIRD 2.0.12 ready.\n').map(({ bfdUp }) => bfdUp),
    [false, false],
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRouteLine } from './route-line.ts'

for (const [what, line, change] of [
  [
    'one next hop, by FRR',
    '198.51.100.1 nhid 30 via 192.0.2.12 dev eth0 proto bgp metric 20',
    { prefix: '198.51.100.1', nextHops: ['192.0.2.12'] },
  ],
  [
    'several, in any order',
    '198.51.100.1 nhid 34 proto bgp metric 20 \\\tnexthop via 192.0.2.12 dev eth0 weight 1 \\\tnexthop via 192.0.2.11 dev eth0 weight 1',
    { prefix: '198.51.100.1', nextHops: ['192.0.2.11', '192.0.2.12'] },
  ],
  [
    'none any more',
    'Deleted 198.51.100.1 via 192.0.2.12 dev eth0 proto bird metric 32',
    { prefix: '198.51.100.1', nextHops: [] },
  ],
  ['nowhere', 'blackhole 203.0.113.77', { prefix: '203.0.113.77', nextHops: [] }],
  ['something else', 'local 192.0.2.1 dev eth0 table local', undefined],
] as const) {
  test(`a route's change: ${what}`, () => assert.deepEqual(parseRouteLine(line), change))
}

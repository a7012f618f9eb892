import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathsOf } from './router-state.ts'

test("FRR's path: the global next hop, communities, and what it spreads over", () => {
  const global = { ip: '2001:db8:2::11', scope: 'global' }
  const local = { ip: 'fe80::b4:aff:fea0:d228', scope: 'link-local' }
  const path = {
    aspath: { string: '64513 64514' },
    nexthops: [local, global],
    metric: 0,
    bestpath: { overall: true },
    community: { list: ['64512:100'] },
    largeCommunity: { list: ['64512:1:100'] },
  }
  const plain = { aspath: { string: '' }, nexthops: [{ ip: '192.0.2.11' }], locPrf: 150 }
  assert.deepEqual(
    pathsOf('2001:db8:64::/128', { paths: [path, { ...plain, multipath: true }, plain] }),
    [
      {
        ...{ prefix: '2001:db8:64::/128', nextHop: '2001:db8:2::11', best: true, med: 0 },
        ...{
          asPath: [64513, 64514],
          communities: ['64512:100'],
          largeCommunities: ['64512:1:100'],
        },
      },
      ...[true, false].map((best) => ({
        ...{ prefix: '2001:db8:64::/128', nextHop: '192.0.2.11', best, localPref: 150 },
        ...{ asPath: [], communities: [], largeCommunities: [] },
      })),
    ],
  )
})

test('a prefix that is gone has no paths', () => assert.deepEqual(pathsOf('192.0.2.0/24', {}), []))

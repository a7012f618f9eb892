import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routerConfig } from './router-config.ts'
import { readSamples } from './samples.ts'
import {
  addressesOf,
  demoTopology,
  multiRouterTopology,
  nodeObjects,
  nodesOf,
  routerPeers,
  TOPOLOGIES,
} from './topology.ts'

const demo = demoTopology()
const guide = multiRouterTopology()

for (const [name, make] of TOPOLOGIES) {
  const topology = make()
  const machines = [...topology.routers, ...topology.nodes]

  test(`${name}: no address is given twice, and every leg is on a LAN that exists`, () => {
    const addresses = machines.flatMap(addressesOf)
    assert.equal(new Set(addresses).size, addresses.length)
    const lans = new Set(topology.lans.map((lan) => lan.name))
    assert.ok(machines.every(({ legs }) => legs.every(({ lan }) => lans.has(lan))))
  })

  test(`${name}: the samples name every router's address and password`, async () => {
    const text = (await readSamples(topology.samples)).map((sample) => sample.text).join('\n')
    for (const { legs, lan, password = '' } of topology.routers) {
      for (const address of addressesOf({ legs: legs.filter((leg) => leg.lan === lan) })) {
        assert.match(text, new RegExp(`peerAddress: ${address}\\n`))
      }
      assert.ok(text.includes(`password: ${Buffer.from(password).toString('base64')}\n`))
    }
  })

  test(`${name}: every router knows every node, and filters what it says`, () => {
    for (const router of topology.routers) {
      const config = routerConfig(topology, router)
      for (const { address } of nodesOf(topology, router, 'v4')) assert.ok(config.includes(address))
      assert.equal(nodesOf(topology, router, 'v4').length, topology.nodes.length)
      assert.match(config, /maximum-prefix|import limit/)
      assert.ok(config.includes(topology.pools.v4))
    }
  })
}

test('the guide: four routers as it numbers them, a password for each data centre', () => {
  const routers = guide.routers.map(({ name, asn, legs, password }) => [
    name,
    asn,
    legs[0]?.v4,
    password,
  ])
  assert.deepEqual(routers, [
    ['r1', 64512, '192.168.1.1/24', 'dc1-bgp-password'],
    ['r2', 64512, '192.168.1.2/24', 'dc1-bgp-password'],
    ['r3', 64512, '192.168.2.1/24', 'dc2-bgp-password'],
    ['r4', 64512, '192.168.2.2/24', 'dc2-bgp-password'],
  ])
  const peers = guide.routers.map((router) => routerPeers(guide, router).map(({ name }) => name))
  assert.deepEqual(peers, [
    ['r2', 'r3'],
    ['r1', 'r4'],
    ['r4', 'r1'],
    ['r3', 'r2'],
  ])
})

test('a node has one address in each data centre, and its Node object says so', () => {
  assert.deepEqual(
    (nodeObjects(guide)[0] as { status: { addresses: object[] } }).status.addresses,
    ['192.168.1.10', '192.168.2.10'].map((address) => ({ type: 'InternalIP', address })),
  )
})

test('an FRR router: what it takes from the nodes, and that it sends them nothing', () => {
  const config = routerConfig(demo, demo.routers[0]!)
  for (const line of [
    'ip prefix-list SERVICES seq 10 permit 198.51.100.0/24 le 32',
    'ipv6 prefix-list SERVICES6 seq 10 permit 2001:db8:64::/120 le 128',
    'route-map TO-NODES deny 10',
    ' neighbor NODES passive',
    ' neighbor NODES password ferrule-demo',
    ' neighbor NODES bfd profile NODES',
    ' neighbor 2001:db8:2::11 peer-group NODES6',
    '  neighbor NODES6 route-map FROM-NODES in',
    '  neighbor NODES6 maximum-prefix 100',
  ]) {
    assert.ok(config.split('\n').includes(line), line)
  }
})

test('a BIRD router says the same in its own words', () => {
  const config = routerConfig(demo, demo.routers[1]!)
  for (const part of [
    'net ~ [ 198.51.100.0/24{24,32} ]',
    'net ~ [ 2001:db8:64::/120{120,128} ]',
    'password "ferrule-demo";',
    'bfd on;',
    'protocol bgp n3_v6 from nodes_v6 { neighbor 2001:db8:2::13 as 64513; }',
  ]) {
    assert.ok(config.includes(part), part)
  }
})

test('without BFD, password and IPv6 the words for them are absent', () => {
  const { bfd: _, ...rest } = demo
  const lan = { name: 'rack', v4: '192.0.2.0/24' }
  const leg = { lan: 'rack', ifname: 'eth0', v4: '192.0.2.1/24' }
  const node = { name: 'n1', asn: 64513, legs: [{ ...leg, v4: '192.0.2.11/24' }] }
  for (const implementation of ['frr', 'bird'] as const) {
    const router = { name: 'r1', asn: 64512, lan: 'rack', legs: [leg], implementation }
    const plain = {
      ...rest,
      lans: [lan],
      routers: [router],
      nodes: [node],
      pools: { v4: '198.51.100.0/24' },
    }
    assert.doesNotMatch(
      routerConfig(plain, router),
      /bfd|password|ipv6 (prefix|address)|_v6|NODES6/,
    )
  }
})

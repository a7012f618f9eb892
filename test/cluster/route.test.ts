// From objects to routes on a real API server: what people apply, what they then see in statuses, and
// what the router hears of each of three nodes.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Announced } from '../../src/lab/bgp-update.ts'
import { eventually } from '../support/eventually.ts'
import { type Cluster, openCluster, skipWithoutCluster } from './support/cluster.ts'
import {
  addressOfNode,
  COMMUNITY,
  endpointsText,
  NAMES,
  NODE_ASN,
  OWN,
  peerText,
  poolText,
  ROUTER,
  SHOP,
  serviceText,
  webText,
} from './support/objects.ts'

suite('from objects to routes', { skip: await skipWithoutCluster() }, () => {
  let cluster: Cluster
  before(async () => {
    cluster = await openCluster()
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  test('a Service gets an address, and every node announces it with the community', async () => {
    await cluster.apply(webText('web', 'n2'))
    const prefix = `${await cluster.addressOf('web')}/32`
    await cluster.hears(prefix, NAMES, hasCommunity)
    for (const { name, hearing } of cluster.nodes) {
      assert.equal(hearing.table.get(prefix)?.route.nextHop, addressOfNode(name))
    }
    const service = await cluster.find('Service', 'web')
    assert.equal(service?.metadata.annotations?.['metallb.io/ip-allocated-from-pool'], 'all')
  })

  test('each node says to which peers it announces', async () => {
    await eventually(async () => {
      const told = await bgpStatuses('web')
      const expected = NAMES.map((node) => ({
        ...{ node, serviceName: 'web', serviceNamespace: SHOP, peers: ['router'] },
      }))
      assert.deepEqual(told, expected)
    })
  })

  test('each session of a node has a BGPSessionState, as frr-k8s would write it', async () => {
    await eventually(async () => {
      const states = (await cluster.ours('BGPSessionState')).map(({ status }) => status as OfNode)
      const up = { peer: ROUTER.address, vrf: '', bgpStatus: 'Established', bfdStatus: 'N/A' }
      const expected = NAMES.map((node) => ({ node, ...up }))
      assert.deepEqual(states.toSorted(byNode), expected)
    })
    const label = 'frrk8s.metallb.io/node=n2'
    const shown = await cluster.server.kubectl('get', 'bgpsessionstates', '-n', OWN, '-l', label)
    assert.match(shown, /^NAME +NODE +PEER +VRF +BGP +BFD\nn2-[0-9a-f]+ +n2 .* Established +N\/A/)
  })

  test('events on a BGPPeer tell of its session at each node', async () => {
    await eventually(async () => {
      const shown = await cluster.server.kubectl('describe', 'bgppeer', 'router', '-n', OWN)
      for (const node of NAMES) {
        const sentence = `BGP session of node "${node}" with ${ROUTER.address}:179 is up`
        const line = shown.split('\n').find((one) => one.includes(sentence))
        assert.match(line ?? '', /Normal +sessionUp .* metallb-speaker/)
      }
    })
  })

  test('the controller and every speaker say that the configuration is valid', async () => {
    await eventually(async () => {
      assert.deepEqual(await results(), {
        controller: 'Valid',
        ...Object.fromEntries(NAMES.map((node) => [`speaker-${node}`, 'Valid'])),
      })
    })
  })

  test('the pool counts', async () => {
    await eventually(async () => {
      const pool = await cluster.find('IPAddressPool', 'all', OWN)
      assert.deepEqual(pool?.status, {
        ...{ assignedIPv4: 1, availableIPv4: 65535, assignedIPv6: 0, availableIPv6: 0 },
      })
    })
  })

  test('with policy Local the node of the endpoint announces, and the route moves with it', async () => {
    await cluster.apply(webText('local', 'n2'))
    const prefix = `${await cluster.addressOf('local')}/32`
    await cluster.hears(prefix, NAMES)
    await cluster.apply(serviceText('local', { policy: 'Local' }))
    await cluster.hears(prefix, ['n2'])
    await cluster.apply(endpointsText('local', 'n3'))
    await cluster.hears(prefix, ['n3'])
    await eventually(async () => {
      const nodes = (await bgpStatuses('local')).map(({ node }) => node)
      assert.deepEqual(nodes, ['n3'])
    })
    await cluster.remove('EndpointSlice', 'local-1')
    await cluster.hears(prefix, [])
    assert.equal(`${await cluster.addressOf('local')}/32`, prefix, 'the address is kept')
  })

  test('a Service that is deleted is withdrawn, and its statuses go', async () => {
    await cluster.apply(webText('brief', 'n1'))
    const prefix = `${await cluster.addressOf('brief')}/32`
    await cluster.hears(prefix, NAMES)
    await eventually(async () => assert.equal((await bgpStatuses('brief')).length, NAMES.length))
    await cluster.remove('Service', 'brief')
    await cluster.hears(prefix, [])
    await eventually(async () => assert.deepEqual(await bgpStatuses('brief'), []))
  })

  test('an annotation names the pool', async () => {
    await cluster.apply(poolText('premium', '203.0.113.0/24', { autoAssign: false }))
    const annotations = { 'metallb.io/address-pool': 'premium' }
    await cluster.apply(webText('paying', 'n1', { annotations }))
    const address = await cluster.addressOf('paying')
    assert.match(address, /^203\.0\.113\./)
    await cluster.hears(`${address}/32`, NAMES)
  })

  test('an annotation names the address, and a change of it moves the Service', async () => {
    const asking = (address: string) =>
      webText('asking', 'n1', { annotations: { 'metallb.io/loadBalancerIPs': address } })
    await cluster.apply(asking('198.18.200.7'))
    await cluster.hears('198.18.200.7/32', NAMES)
    assert.equal(await cluster.addressOf('asking'), '198.18.200.7')
    await cluster.apply(asking('198.18.200.8'))
    await cluster.hears('198.18.200.8/32', NAMES)
    await cluster.hears('198.18.200.7/32', [])
    assert.equal(await cluster.addressOf('asking'), '198.18.200.8')
  })

  test('a Service without an address stays pending, the log says why, and it gets one when it can', async () => {
    const annotations = { 'metallb.io/address-pool': 'later' }
    const told = await cluster.controller.tells(/AllocationFailed.*shop\/waiting/)
    await cluster.apply(webText('waiting', 'n1', { annotations }))
    const { msg } = JSON.parse(await told.line())
    assert.match(msg, /the pool that the annotation names does not exist: "later"/)
    const waiting = await cluster.find('Service', 'waiting')
    assert.deepEqual(waiting?.status, { loadBalancer: {} })
    const shown = await cluster.server.kubectl('get', 'service', 'waiting', '-n', SHOP)
    assert.match(shown, /<pending>/)
    await cluster.apply(poolText('later', '192.0.2.192/28', { autoAssign: false }))
    await cluster.hears(`${await cluster.addressOf('waiting')}/32`, NAMES)
  })

  test('a peer whose Secret is missing: every speaker says so, and the rest is served', async () => {
    await cluster.apply(peerText('locked', { address: '192.0.2.2', secret: 'nowhere' }))
    await eventually(async () => {
      for (const node of NAMES) {
        const state = await cluster.find('ConfigurationState', `speaker-${node}`, OWN)
        assert.equal(state?.status?.result, 'Invalid')
        assert.match(state.status.errorSummary, /locked.*nowhere/)
      }
    })
    await cluster.apply(webText('beside', 'n1'))
    await cluster.hears(`${await cluster.addressOf('beside')}/32`, NAMES, hasCommunity)
    for (const { hearing } of cluster.nodes) assert.equal(hearing.sessions, 1, 'no session broke')
    await cluster.remove('BGPPeer', 'locked', OWN)
    await eventually(async () => {
      for (const result of Object.values(await results())) assert.equal(result, 'Valid')
    })
  })

  async function bgpStatuses(service: string): Promise<readonly BgpStatus[]> {
    const found = (await cluster.ours('ServiceBGPStatus')).map(({ status }) => status as BgpStatus)
    return found.filter(({ serviceName }) => serviceName === service).sort(byNode)
  }

  async function results(): Promise<Record<string, string>> {
    const states = await cluster.ours('ConfigurationState')
    return Object.fromEntries(states.map(({ metadata, status }) => [metadata.name, status?.result]))
  }
})

interface OfNode {
  readonly node: string
}

const byNode = (a: OfNode, b: OfNode): number => a.node.localeCompare(b.node)

interface BgpStatus extends OfNode {
  readonly serviceName: string
}

const hasCommunity = ({ communities, asPath }: Announced): boolean =>
  communities.join() === COMMUNITY && asPath.join() === String(NODE_ASN)

// Layer 2 from objects to the LAN: which node answers for a Service, what a neighbour's kernel believes,
// and what the Service's users are told. Three nodes; the third has no FRR at all, and must do as well.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { startWitness } from '../../src/lab/witness.ts'
import { eventually } from '../support/eventually.ts'
import { skipWithoutCluster } from './support/control-plane.ts'
import { type Layer2Cluster, openLayer2Cluster } from './support/layer2-cluster.ts'
import { Addresses, layer2ServiceText, layer2Text, ownerOf } from './support/layer2-objects.ts'
import {
  addressOfNode,
  advertisementText,
  endpointsText,
  NAMES,
  type NodeName,
  OWN,
  peerText,
  ROUTER,
  SHOP,
} from './support/objects.ts'
import { assigned, Shop } from './support/shop.ts'

const PATIENCE_MS = 60_000
const addresses = new Addresses(NAMES)
/** One for each node: answered always, so that an answer for them shows that the node had its chance. */
const FENCES = NAMES.map((node) => addresses.take(node))

suite('layer 2, from objects to the LAN', { skip: await skipWithoutCluster() }, () => {
  let cluster: Layer2Cluster
  let shop: Shop
  before(async () => {
    cluster = await openLayer2Cluster({ frr: ['n1', 'n2'] })
    shop = new Shop(cluster)
    for (const [at, address] of FENCES.entries()) await serve(`fence-${NAMES[at]}`, { address })
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  type Wanted = Parameters<typeof layer2ServiceText>[1] & { readonly on?: NodeName }
  const serve = (name: string, { on = 'n1', ...wanted }: Wanted = {}) =>
    cluster.apply(layer2ServiceText(name, wanted) + endpointsText(name, on))

  test('every node answers for the addresses it is elected for', async () => {
    for (const [at, address] of FENCES.entries()) await cluster.answeredBy(address, NAMES[at]!)
  })

  test('both families of a Service are answered by the node that its first address elects', async () => {
    await serve('dual', { isDual: true })
    const both = await cluster.addressesOf('dual')
    assert.deepEqual(both.map((address) => address.includes(':')).sort(), [false, true])
    const owner = ownerOf(both[0]!, NAMES)
    for (const address of both) await cluster.answeredBy(address, owner)
  })

  test('users are told which node announces it', async () => {
    const address = addresses.take('n3', 'n1')
    await serve('told', { address })
    await shop.told('told', (events) => {
      assert.deepEqual(
        events.filter((event) => / nodeAssigned /.test(event)),
        [assigned('n3', 'layer2')],
      )
    })
    await told('told', ['n3'])
  })

  test('with policy Local a node with endpoints answers, and the address moves with them', async () => {
    const address = addresses.take('n1', 'n2')
    await serve('local', { address, policy: 'Local', on: 'n2' })
    await cluster.answeredBy(address, 'n2')
    await cluster.apply(endpointsText('local', 'n3'))
    await cluster.answeredBy(address, 'n3')
    await told('local', ['n3'])
    await cluster.remove('EndpointSlice', 'local-1')
    await cluster.answeredByNobody(address, FENCES)
    await told('local', [])
  })

  test('a node labelled as no place for load balancers hands over, and takes back', async () => {
    const address = addresses.take('n2', 'n3')
    await serve('labelled', { address })
    await cluster.answeredBy(address, 'n2')
    const label = 'node.kubernetes.io/exclude-from-external-load-balancers'
    await cluster.server.kubectl('label', 'node', 'n2', `${label}=`)
    await cluster.answeredBy(address, 'n3')
    await cluster.server.kubectl('label', 'node', 'n2', `${label}-`)
    await cluster.answeredBy(address, 'n2')
    await told('labelled', ['n2'])
  })

  test('an advertisement for some nodes keeps the election to them', async () => {
    const address = addresses.take('n1', 'n2', 'n3')
    await serve('selected', { address })
    await cluster.answeredBy(address, 'n1')
    const nodeSelectors = [{ matchLabels: { 'kubernetes.io/hostname': 'n3' } }]
    await cluster.apply(layer2Text('all', { nodeSelectors }))
    await cluster.answeredBy(address, 'n3')
    await cluster.apply(layer2Text('all'))
    await cluster.answeredBy(address, 'n1')
  })

  test('an advertisement for an interface that is not there: users are told, and when it comes it answers', async () => {
    const address = addresses.take('n1')
    const other = { 'other/interface': 'yes' }
    await cluster.apply(layer2Text('all', { serviceSelectors: [{ matchExpressions: [notOther] }] }))
    await cluster.apply(
      layer2Text('extra', { interfaces: ['eth7'], serviceSelectors: [{ matchLabels: other }] }),
    )
    await serve('extra', { address, labels: other })
    const failed = new RegExp(`Warning announceFailed .*"${address}" .*"n1"`)
    await shop.told('extra', (events) => assert.match(events.join('\n'), failed))
    await cluster.answeredByNobody(address, FENCES)
    const { netns } = cluster.node('n1')
    await netns.ip('link set eth0 down', 'link set eth0 name eth7', 'link set eth7 up')
    await cluster.answeredBy(address, 'n1')
    await netns.ip('link set eth7 down', 'link set eth7 name eth0', 'link set eth0 up')
    await cluster.remove('Service', 'extra')
    await cluster.remove('L2Advertisement', 'extra', OWN)
    await cluster.apply(layer2Text('all'))
    await cluster.answeredBy(FENCES[0]!, 'n1')
  })

  test('the same Service is announced over BGP by the nodes that can', async () => {
    const { netns } = cluster.visitor
    await using witness = await startWitness({ netns, asn: ROUTER.asn })
    const address = addresses.take('n3')
    await serve('twofold', { address })
    await cluster.apply(advertisementText() + peerText())
    await eventually(() => {
      for (const node of ['n1', 'n2'] as const) {
        assert.ok(witness.table(addressOfNode(node)).has(`${address}/32`), `heard from ${node}`)
      }
    }, PATIENCE_MS)
    await cluster.answeredBy(address, 'n3')
    await shop.told('twofold', (events) => {
      assert.deepEqual(
        events.filter((event) => / nodeAssigned /.test(event)),
        [assigned('n1'), assigned('n2'), assigned('n3', 'layer2')],
      )
    })
    await cluster.remove('L2Advertisement', 'all', OWN)
    await told('twofold', [])
    assert.ok(witness.table(addressOfNode('n1')).has(`${address}/32`), 'BGP goes on')
    await cluster.apply(layer2Text())
    await cluster.answeredBy(address, 'n3')
  })

  test('a Service that goes is answered by nobody, and its status goes', async () => {
    const address = addresses.take('n2')
    await serve('brief', { address })
    await cluster.answeredBy(address, 'n2')
    await told('brief', ['n2'])
    await cluster.remove('Service', 'brief')
    await cluster.answeredByNobody(address, FENCES)
    await told('brief', [])
  })

  /** Waits until these nodes say in a ServiceL2Status that they announce it. */
  async function told(service: string, nodes: readonly NodeName[]): Promise<void> {
    await eventually(async () => {
      const statuses = (await cluster.ours('ServiceL2Status')).map(({ status }) => status)
      const about = statuses.filter((status) => status?.serviceName === service)
      const expected = nodes.map((node) => ({
        ...{ node, serviceName: service, serviceNamespace: SHOP },
      }))
      assert.deepEqual(
        about.map(({ interfaces: _, ...rest }) => rest),
        expected,
      )
    }, PATIENCE_MS)
  }
})

const notOther = { key: 'other/interface', operator: 'DoesNotExist' }

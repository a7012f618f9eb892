// The chapter of OpenShift's manual on MetalLB, walked through in its order with kubectl: pools, then
// Services that ask for addresses in every way it names. At each step: what the user sees, and what the
// router hears.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type Cluster, openCluster, skipWithoutCluster } from './support/cluster.ts'
import { endpointsText, NAMES, NODE_ASN, OWN, ownText, ROUTER, SHOP } from './support/objects.ts'
import { assigned, Shop } from './support/shop.ts'

const POOL = 'metallb.io/address-pool'
const SHARE = 'metallb.io/allow-shared-ip'
const PATIENCE_MS = 60_000
const BY_ALL = NAMES.map((node) => assigned(node))
const TO_ROUTER = { n1: ['router'], n2: ['router'], n3: ['router'] }

suite('the chapter, step by step', { skip: await skipWithoutCluster() }, () => {
  let cluster: Cluster
  let shop: Shop
  before(async () => {
    cluster = await openCluster()
    shop = new Shop(cluster)
    // The pool of the other tests would serve whatever the chapter's pools should.
    await cluster.remove('IPAddressPool', 'all', OWN)
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  const hears = (address: string, nodes: readonly (typeof NAMES)[number][] = NAMES) =>
    cluster.hears(`${address}/${address.includes(':') ? 128 : 32}`, nodes)

  test('an address pool, and what describe says of it', async () => {
    const addresses = ['203.0.113.1-203.0.113.10', '203.0.113.65-203.0.113.75']
    await cluster.apply(ownText('AddressPool', 'doc-example', { protocol: 'bgp', addresses }))
    const shown = await cluster.server.kubectl('describe', 'addresspool', 'doc-example', '-n', OWN)
    assert.match(shown, /Auto Assign: +true/)
    assert.match(shown, /Protocol: +bgp/)
    for (const range of addresses) assert.ok(shown.includes(range), shown)
    // A Service may be told to the controller before a pool that is older, and is warned of then. This
    // one may be: the events of those that follow are compared word for word.
    await shop.apply('first')
    await shop.shows('first', '203.0.113.1')
    await hears('203.0.113.1')
    await shop.kubectl('delete service first')
    await hears('203.0.113.1', [])
  })

  test('any address: of a pool that assigns by itself, and users see who announces it', async () => {
    const addresses = ['198.51.100.0/28']
    await cluster.apply(ownText('IPAddressPool', 'reserved', { addresses, autoAssign: false }))
    await shop.apply('any')
    await shop.shows('any', '203.0.113.1')
    await hears('203.0.113.1')
    const allocated =
      'Normal IPAllocated metallb-controller address 203.0.113.1 from pool "doc-example"'
    await shop.told('any', (events) => assert.deepEqual(events, [allocated, ...BY_ALL]))
    const described = await shop.kubectl('describe service any')
    assert.match(described, /LoadBalancer Ingress: +203\.0\.113\.1/)
    assert.match(described, /nodeAssigned .* metallb-speaker +announcing from node "n1"/)
    await eventually(
      async () => assert.deepEqual(await shop.statuses('any'), TO_ROUTER),
      PATIENCE_MS,
    )
  })

  test('neither a restart nor another change of the Service is told again', async () => {
    const before = await shop.events('any')
    const { speaker } = cluster.node('n1')
    await speaker.kill('SIGKILL')
    await speaker.start()
    // A controller that is killed keeps its lease for a while, and nobody needs to wait for that here.
    await cluster.controller.kill('SIGTERM')
    await cluster.controller.start()
    await shop.kubectl('label service any team=a')
    await shop.kubectl('annotate service any note=b')
    // Each process tells its events in order: after that of another Service, no old one is to come.
    await shop.apply('later')
    await shop.told('later', (events) => assert.equal(events.length, 4))
    assert.deepEqual(await shop.events('any'), before)
    await shop.kubectl('delete service later')
  })

  test('a specific address, of a pool that is reserved', async () => {
    const annotations = { [POOL]: 'reserved' }
    await shop.apply('specific', { annotations, spec: { loadBalancerIP: '198.51.100.5' } })
    await shop.shows('specific', '198.51.100.5')
    await hears('198.51.100.5')
  })

  test('a specific address outside of every range: pending, and a warning says why', async () => {
    await shop.apply('outside', { spec: { loadBalancerIP: '192.0.2.77' } })
    await shop.told('outside', (events) => {
      assert.equal(events.length, 1)
      assert.match(events[0]!, /^Warning AllocationFailed metallb-controller .*192\.0\.2\.77/)
    })
    await shop.shows('outside', '<pending>')
    const described = await shop.kubectl('describe service outside')
    assert.match(described, /Warning +AllocationFailed .* metallb-controller .*"shop\/outside"/)
    await hears('192.0.2.77', [])
    await shop.kubectl('delete service outside')
  })

  test('an address of a specific pool, and another pool moves the Service', async () => {
    await cluster.apply(ownText('IPAddressPool', 'gold', { addresses: ['198.51.100.32/29'] }))
    await shop.apply('choosy', { annotations: { [POOL]: 'gold' } })
    await shop.shows('choosy', '198.51.100.32')
    await hears('198.51.100.32')
    await shop.kubectl(`annotate --overwrite service choosy ${POOL}=reserved`)
    await shop.shows('choosy', '198.51.100.0')
    await hears('198.51.100.0')
    await hears('198.51.100.32', [])
    await shop.told('choosy', (events) => {
      const reasons = events.map((one) => one.split(' ')[1])
      const ofNodes = NAMES.map(() => 'nodeAssigned')
      const moved = ['ClearAssignment', 'IPAllocated', 'IPAllocated']
      assert.deepEqual(reasons, [...moved, ...ofNodes])
    })
  })

  test('a pool that does not exist: pending until it does', async () => {
    await shop.apply('early', { annotations: { [POOL]: 'silver' } })
    await shop.told('early', (events) => assert.match(events.join(), /AllocationFailed .*"silver"/))
    await shop.shows('early', '<pending>')
    await cluster.apply(ownText('IPAddressPool', 'silver', { addresses: ['198.51.100.40/32'] }))
    await shop.shows('early', '198.51.100.40')
    await hears('198.51.100.40')
  })

  test('what is exhausted is given to who waits for it, as soon as it is free', async () => {
    await shop.apply('waiting', { annotations: { [POOL]: 'silver' } })
    await shop.told('waiting', (events) => assert.match(events.join(), /^Warning AllocationFailed/))
    await shop.shows('waiting', '<pending>')
    await shop.kubectl('delete service early')
    await shop.shows('waiting', '198.51.100.40')
    await hears('198.51.100.40')
    await eventually(async () => assert.deepEqual(await shop.statuses('early'), {}), PATIENCE_MS)
  })

  test('two Services share an address; a third on the same port has to wait', async () => {
    const annotations = { [SHARE]: 'web-server-svc' }
    const sharing = (port: number) => ({
      annotations,
      spec: { loadBalancerIP: '203.0.113.7', ports: [{ port, protocol: 'TCP' }] },
    })
    await shop.apply('http', sharing(80))
    await shop.apply('https', sharing(443))
    for (const name of ['http', 'https']) await shop.shows(name, '203.0.113.7')
    await shop.apply('second-http', sharing(80))
    await shop.told('second-http', (events) => {
      assert.equal(events.length, 1)
      assert.match(events[0]!, /^Warning AllocationFailed .*203\.0\.113\.7/)
    })
    await shop.shows('second-http', '<pending>')
    await hears('203.0.113.7')
    const mark = cluster.nodes[0]!.hearing.mark()
    await shop.kubectl('delete service http')
    await shop.shows('second-http', '203.0.113.7')
    await shop.told('second-http', (events) => assert.equal(events.length, 5))
    const updates = cluster.nodes[0]!.hearing.since(mark)
    const told = updates.flatMap((one) => (one.event === 'update' ? one.withdrawn : [one.event]))
    assert.deepEqual(told, [], 'others have the address: it was never withdrawn')
    for (const name of ['https', 'second-http']) await shop.kubectl(`delete service ${name}`)
    await hears('203.0.113.7', [])
  })

  test('TCP and UDP on one port of one address are two Services', async () => {
    for (const protocol of ['TCP', 'UDP']) {
      await shop.apply(`dns-${protocol.toLowerCase()}`, {
        annotations: { [SHARE]: 'dns' },
        spec: { loadBalancerIP: '203.0.113.8', ports: [{ port: 53, protocol }] },
      })
    }
    for (const name of ['dns-tcp', 'dns-udp']) await shop.shows(name, '203.0.113.8')
    await hears('203.0.113.8')
  })

  test('pools for a namespace and for labels, by priority', async () => {
    const pinned = (addresses: string, serviceAllocation: object) => ({
      ...{ addresses: [addresses], serviceAllocation },
    })
    const ours = { priority: 20, namespaces: [SHOP] }
    const serviceSelectors = [{ matchLabels: { tier: 'front' } }]
    const front = { priority: 10, serviceSelectors }
    const others = { priority: 1, namespaces: ['elsewhere'] }
    await cluster.apply(
      ownText('IPAddressPool', 'ours', pinned('198.51.100.64/29', ours)) +
        ownText('IPAddressPool', 'front', pinned('198.51.100.72/29', front)) +
        ownText('IPAddressPool', 'others', pinned('198.51.100.80/29', others)),
    )
    await shop.apply('plain')
    await shop.shows('plain', '198.51.100.64')
    await shop.apply('labelled', { labels: { tier: 'front' } })
    await shop.shows('labelled', '198.51.100.72')
    await shop.apply('barred', { annotations: { [POOL]: 'others' } })
    await shop.told('barred', (events) => assert.match(events.join(), /^Warning AllocationFailed/))
    await shop.shows('barred', '<pending>')
    await hears('198.51.100.64')
    await hears('198.51.100.72')
    await shop.kubectl('delete service barred')
    for (const pool of ['ours', 'front', 'others']) await cluster.remove('IPAddressPool', pool, OWN)
    // Their addresses are in no pool any more.
    await hears('198.51.100.64', [])
    await hears('198.51.100.72', [])
    for (const name of ['plain', 'labelled']) await shop.kubectl(`delete service ${name}`)
  })

  test('IPv6, and both families at once', async () => {
    const addresses = ['203.0.113.128/29', '2002:2:2::1-2002:2:2::100']
    await cluster.apply(ownText('IPAddressPool', 'combined', { addresses, autoAssign: false }))
    const asking = (ipFamilyPolicy: string, ...ipFamilies: string[]) => ({
      ...{ annotations: { [POOL]: 'combined' }, spec: { ipFamilyPolicy, ipFamilies } },
    })
    await shop.apply('six', asking('SingleStack', 'IPv6'))
    await shop.shows('six', '2002:2:2::1')
    await shop.apply('both', asking('RequireDualStack', 'IPv4', 'IPv6'))
    await shop.shows('both', '2002:2:2::2,203.0.113.128')
    await shop.apply('willing', asking('PreferDualStack', 'IPv6', 'IPv4'))
    await shop.shows('willing', '2002:2:2::3,203.0.113.129')
    await hears('203.0.113.128')
    await hears('203.0.113.129')
    const statuses = async () => Object.keys(await shop.statuses('both'))
    await eventually(async () => assert.deepEqual(await statuses(), [...NAMES]), PATIENCE_MS)
    assert.deepEqual(await shop.statuses('six'), {}, 'the session carries IPv4 only')
  })

  test('with policy Local, the nodes that have a Pod announce, and they are told of', async () => {
    await shop.apply('local', { spec: { externalTrafficPolicy: 'Local' } })
    const address = await cluster.addressOf('local')
    await hears(address, ['n2'])
    await shop.told('local', (events) => assert.deepEqual(events.slice(1), [assigned('n2')]))
    await cluster.apply(endpointsText('local', 'n3'))
    await hears(address, ['n3'])
    await shop.told('local', (events) => {
      assert.deepEqual(events.slice(1), [assigned('n2'), assigned('n3')])
    })
    const nodes = async () => Object.keys(await shop.statuses('local'))
    await eventually(async () => assert.deepEqual(await nodes(), ['n3']), PATIENCE_MS)
  })

  test('the pools count what is given', async () => {
    const counted = async (name: string) => (await cluster.find('IPAddressPool', name, OWN))?.status
    await eventually(async () => {
      const [reserved, gold, combined] = await Promise.all(
        ['reserved', 'gold', 'combined'].map(counted),
      )
      const four = (assignedIPv4: number, availableIPv4: number) => ({
        ...{ assignedIPv4, availableIPv4, assignedIPv6: 0, availableIPv6: 0 },
      })
      assert.deepEqual(reserved, four(2, 14))
      assert.deepEqual(gold, four(0, 8))
      assert.deepEqual(combined, { ...four(2, 6), assignedIPv6: 3, availableIPv6: 253 })
    }, PATIENCE_MS)
  })

  test('the password of a peer, in a Secret that it names', async () => {
    const data = { password: btoa('s3cret') }
    const metadata = { name: 'bgp-auth-secret', namespace: OWN }
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data }
    const peer = { myASN: NODE_ASN, peerASN: ROUTER.asn, peerAddress: '192.0.2.2' }
    const locked = { ...peer, password: 'bgp-auth-secret' }
    await cluster.apply(`---\n${JSON.stringify(secret)}\n`)
    await cluster.apply(ownText('BGPPeer', 'locked', locked, 'v1beta2'))
    await eventually(async () => {
      for (const { frr } of cluster.nodes) {
        assert.match(
          await frr.vtysh('show running-config'),
          /neighbor 192\.0\.2\.2 password s3cret/,
        )
      }
    }, PATIENCE_MS)
  })

  test('all is deleted: the router hears nothing, and no status is left', async () => {
    await shop.kubectl('delete service --all')
    for (const { hearing } of cluster.nodes) await hearing.counts(0)
    await eventually(
      async () => assert.deepEqual(await cluster.ours('ServiceBGPStatus'), []),
      PATIENCE_MS,
    )
    for (const { hearing } of cluster.nodes) assert.equal(hearing.sessions, 1, 'no session broke')
  })
})

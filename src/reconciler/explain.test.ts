import assert from 'node:assert/strict'
import test from 'node:test'
import { type Given, l2Ad, node, pool, service, slice, world } from '../../test/support/build.ts'
import { explainService } from './explain.ts'
import type { Holders } from './ownership.ts'

const OBJECTS: Given[] = [
  ...[pool('p', ['192.0.2.0/24']), node('n1'), node('n2'), node('n3')],
  service('web', {}, { ips: ['192.0.2.1'] }),
  slice('web', [{ nodeName: 'n1', addresses: ['10.1.0.1'] }]),
]
const options = { ignoreExcludeLb: false, logLevel: 'info' }
const ask = { decisions: [], service: 'default/web', nodes: ['n1', 'n2', 'n3'] }

test('without an L2Advertisement there is nothing to say of layer 2', () => {
  const given = { ...world(OBJECTS), ...options }
  assert.equal(explainService({ ...ask, world: given }).layer2, undefined)
})

test('the owner, and of every other node why not', () => {
  const given = { ...world([...OBJECTS, l2Ad('a', { interfaces: ['eth0'] })]), ...options }
  const { layer2 } = explainService({ ...ask, world: given })
  assert.ok(layer2?.isAssumed)
  assert.equal(layer2.owner, 'n2')
  assert.deepEqual(
    layer2.nodes.map((one) => [one.node, one.because ?? one.interfaces.join()]),
    [
      ['n1', 'otherOwner'],
      ['n2', 'eth0'],
      ['n3', 'otherOwner'],
    ],
  )
})

test('one node knows who the owner is, and members leave no assumption', () => {
  const members = new Set(['n1', 'n3'])
  const given = { ...world([...OBJECTS, l2Ad('a')]), ...options, members }
  const { layer2 } = explainService({ ...ask, world: given, nodes: ['n2'] })
  assert.equal(layer2?.isAssumed, false)
  assert.equal(layer2?.owner, 'n1')
  assert.equal(layer2?.nodes[0]?.because, 'speakerNotAlive')
})

test('what nodes say of it stands beside who is elected, where it is known', () => {
  const given = { ...world([...OBJECTS, l2Ad('a')]), ...options }
  const said = (holders?: Holders) => explainService({ ...ask, world: given, holders }).layer2
  const both = new Map([
    ['n3', 2],
    ['n1', 1],
  ])
  assert.deepEqual(said(new Map([['default/web', both]]))?.answering, ['n1', 'n3'])
  assert.deepEqual(said(new Map())?.answering, [])
  assert.ok(!('answering' in said()!))
})

test('a Service of another type has no owner', () => {
  const inside = service('inside', { type: 'ClusterIP' })
  const given = { ...world([...OBJECTS, inside, l2Ad('a')]), ...options }
  const { layer2 } = explainService({ ...ask, world: given, service: 'default/inside' })
  assert.equal(layer2?.owner, undefined)
  assert.deepEqual(
    new Set(layer2?.nodes.map(({ because }) => because)),
    new Set(['notLoadBalancer']),
  )
})

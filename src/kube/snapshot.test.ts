import assert from 'node:assert/strict'
import test from 'node:test'
import type { RawObject } from '../api/kinds.ts'
import { parseObject, refOf } from '../config/parse.ts'
import { Snapshot } from './snapshot.ts'
import type { Change } from './source.ts'

const OURS = 'metallb-system'
const open = () => new Snapshot({ namespace: OURS, lbClass: '' })

function change(apiVersion: string, kind: string, name: string, rest: object = {}): Change {
  const { metadata, ...others } = rest as { metadata?: object }
  const raw = { apiVersion, kind, metadata: { name, ...metadata }, ...others } as RawObject
  return { ref: refOf(raw, OURS), ...parseObject(raw, OURS) }
}
const gone = ({ ref }: Change): Change => ({ ref })

const service = (name: string, port = 80) =>
  change('v1', 'Service', name, { spec: { ports: [{ port }] }, status: {} })
const slice = (name: string, of: string) =>
  change('discovery.k8s.io/v1', 'EndpointSlice', name, {
    metadata: { labels: { 'kubernetes.io/service-name': of } },
  })
const node = (name: string, zone: string, ready = 'True') =>
  change('v1', 'Node', name, {
    metadata: { labels: { zone } },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  })
const pool = (name: string, addresses: string) =>
  change('metallb.io/v1beta1', 'IPAddressPool', name, { spec: { addresses: [addresses] } })

test('services stand sorted by key, each in its last version', () => {
  const snapshot = open()
  snapshot.update([service('b'), service('a')])
  snapshot.update([service('a', 81), service('c')])
  const { services } = snapshot.world(5)
  assert.deepEqual([...services.keys()], ['default/a', 'default/b', 'default/c'])
  assert.equal(services.get('default/a')?.spec.ports[0]?.port, 81)
  snapshot.update([gone(service('b'))])
  assert.deepEqual([...snapshot.world(6).services.keys()], ['default/a', 'default/c'])
  assert.equal(services.size, 3, 'an earlier world does not change')
})

test('slices stand by their service, follow its label, and go with the last one', () => {
  const snapshot = open()
  snapshot.update([slice('s2', 'a'), slice('s1', 'a'), slice('s3', 'b')])
  const names = () =>
    [...snapshot.world(0).slices].map(([key, list]) => [key, list.map((one) => one.metadata.name)])
  assert.deepEqual(names(), [
    ['default/a', ['s1', 's2']],
    ['default/b', ['s3']],
  ])
  snapshot.update([slice('s1', 'b'), gone(slice('s3', 'b'))])
  assert.deepEqual(names(), [
    ['default/a', ['s2']],
    ['default/b', ['s1']],
  ])
  snapshot.update([gone(slice('s1', 'b'))])
  assert.deepEqual(names(), [['default/a', ['s2']]])
})

test('a service that is refused stays as it was, with a problem until it is repaired', () => {
  const snapshot = open()
  snapshot.update([service('a', 80)])
  snapshot.update([service('a', 0)])
  const world = snapshot.world(0)
  assert.equal(world.services.get('default/a')?.spec.ports[0]?.port, 80)
  assert.deepEqual(
    world.problems.map(({ name, path }) => `${name} ${path}`),
    ['a spec.ports[0].port'],
  )
  snapshot.update([service('a', 81)])
  assert.deepEqual(snapshot.world(0).problems, [])
  snapshot.update([service('a', 0)])
  snapshot.update([gone(service('a'))])
  assert.deepEqual(snapshot.world(0).problems, [])
  assert.equal(snapshot.world(0).services.size, 0)
})

test('a pool that is refused serves as it was accepted last', () => {
  const snapshot = open()
  snapshot.update([pool('p', '10.0.0.0/24')])
  assert.equal(snapshot.world(0).config.pools[0]?.blocks[0]?.text, '10.0.0.0/24')
  snapshot.update([pool('p', 'nonsense')])
  const world = snapshot.world(0)
  assert.equal(world.config.pools[0]?.blocks[0]?.text, '10.0.0.0/24')
  assert.deepEqual(
    world.problems.map(({ code }) => code),
    ['invalid-range'],
  )
  snapshot.update([gone(pool('p', ''))])
  assert.deepEqual(snapshot.world(0).config.pools, [])
})

test('the configuration is resolved again only for what it depends on', () => {
  const snapshot = open()
  snapshot.update([pool('p', '10.0.0.0/24'), node('n', 'x'), service('a')])
  const { config } = snapshot.world(0)
  snapshot.update([service('a', 81), node('n', 'x', 'False'), slice('s', 'a')])
  const world = snapshot.world(0)
  assert.equal(world.config, config)
  assert.equal(world.nodes.get('n')?.status.conditions[0]?.status, 'False')
  snapshot.update([pool('q', '10.0.1.0/24')])
  assert.notEqual(snapshot.world(0).config, config)
})

test("the source's own problems stand among the others, sorted, and go when it is repaired", () => {
  const snapshot = open()
  const file = { kind: 'File', namespace: '', name: 'x.yaml', path: '', code: 'syntax' }
  snapshot.update([service('a', 0)], [{ ...file, message: 'no' }])
  assert.deepEqual(
    snapshot.world(0).problems.map(({ kind }) => kind),
    ['File', 'Service'],
  )
  snapshot.update([], [])
  assert.deepEqual(
    snapshot.world(0).problems.map(({ kind }) => kind),
    ['Service'],
  )
})

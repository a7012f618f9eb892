import assert from 'node:assert/strict'
import test from 'node:test'
import { pathOf, RESOURCES, resourceOf } from './resources.ts'

for (const [path, expected] of [
  [pathOf(RESOURCES.Node), 'nodes'],
  [pathOf(RESOURCES.Node, { name: 'n1' }), 'nodes'],
  [`${pathOf(RESOURCES.Service)}?watch=true&labelSelector=a%2Fb`, 'services'],
  [
    pathOf(RESOURCES.Service, { namespace: 'x', name: 'y', subresource: 'status' }),
    'services/status',
  ],
  [pathOf(RESOURCES.Namespace), 'namespaces'],
  [pathOf(RESOURCES.Namespace, { name: 'x' }), 'namespaces'],
  [pathOf(RESOURCES.BGPPeer, { namespace: 'm' }), 'bgppeers'],
  ['/version', '/version'],
] as const) {
  test(`${path} is about ${expected}`, () => assert.equal(resourceOf(path), expected))
}

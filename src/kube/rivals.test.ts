import assert from 'node:assert/strict'
import test from 'node:test'
import { refuse } from '../../test/support/fake-api-server.ts'
import { type FakeCluster, fakeCluster } from '../../test/support/fake-cluster.ts'
import { isRival, type Labels } from './rivals.ts'

const labelsOf = (node: string, service: string) => ({
  'metallb.io/node': node,
  'metallb.io/service-namespace': 'shop',
  'metallb.io/service-name': service,
})
const WEB = { node: 'n1', services: new Set(['shop/web']) }

for (const [name, labels, expected] of [
  ['another node, our Service', labelsOf('n2', 'web'), true],
  ['our own', labelsOf('n1', 'web'), false],
  ['another Service', labelsOf('n2', 'api'), false],
  ['no labels', {}, false],
] as [string, Labels, boolean][]) {
  test(`a status that has to go: ${name}`, () => assert.equal(isRival(labels, WEB), expected))
}

const prepare = ({ put }: Omit<FakeCluster, 'cluster'>) => {
  for (const [node, service] of [
    ['n1', 'web'],
    ['n2', 'web'],
    ['n3', 'web'],
    ['n2', 'api'],
  ] as const) {
    put('ServiceL2Status', `${node}-${service}`, {}, { labels: labelsOf(node, service) })
  }
}
const namesIn = ({ server }: FakeCluster, path: string) =>
  server.asked
    .filter((one) => one.method === 'DELETE')
    .map((one) => one.path.slice(path.length + 1))

test('of a cluster: the statuses of others about what we took over, each by itself', async () => {
  await using fake = await fakeCluster({ role: 'speaker' }, prepare)
  await fake.cluster.removeRivals('ServiceL2Status', WEB)
  assert.deepEqual(namesIn(fake, fake.path('ServiceL2Status')).sort(), ['n2-web', 'n3-web'])
})

test('one that went meanwhile is no failure; a refusal is one', async () => {
  let status = 404
  await using fake = await fakeCluster({ role: 'speaker' }, (base) => {
    prepare(base)
    base.server.intercept = ({ method }, response) => {
      if (method !== 'DELETE') return false
      refuse(response, status, status === 404 ? 'NotFound' : 'Forbidden', 'no')
      return true
    }
  })
  await fake.cluster.removeRivals('ServiceL2Status', WEB)
  status = 403
  await assert.rejects(fake.cluster.removeRivals('ServiceL2Status', WEB), /writes failed/)
})

import assert from 'node:assert/strict'
import test from 'node:test'
import {
  build,
  NAMESPACE,
  namespace as namespaceObject,
  node,
  peer,
  pool,
} from '../../test/support/build.ts'
import type { AnyObject } from '../api/kinds.ts'
import { refOf } from '../config/parse.ts'
import { RESOURCES, type ServedKind } from './resources.ts'
import { Snapshot } from './snapshot.ts'
import type { Change } from './source.ts'
import { isUnread, NOT_READABLE, problemOf, standIns, type Unread } from './unread.ts'

const asChange = (object: AnyObject): Change => ({ ref: refOf(object, NAMESPACE), object })
const forbidden = (kind: ServedKind, readIn?: string): Unread => ({
  ...{ kind, status: 403, message: 'GET /x: 403 Forbidden' },
  ...(readIn === undefined ? {} : { readIn }),
})
const web = (namespace: string) =>
  build('Service', 'web', { spec: { type: 'LoadBalancer' } }, { namespace })

/** The world of a reader who could not read this. */
function worldWithout(unread: Unread, objects: readonly AnyObject[], asked = '') {
  const changes = objects.map(asChange)
  const snapshot = new Snapshot({ namespace: NAMESPACE, lbClass: '' })
  snapshot.update([...changes, ...standIns(changes, [unread], asked)])
  return snapshot.world(0)
}

test('a peer whose Secret may not be read is a peer, with a password nobody mistakes', () => {
  const objects = [peer('r1', { passwordSecret: { name: 'r1-password' } }), peer('r2', FAR)]
  const { config, problems } = worldWithout(forbidden('Secret'), objects)
  assert.deepEqual(problems, [])
  const passwords = config.peers.map(({ password }) => password?.reveal())
  assert.deepEqual(passwords, [NOT_READABLE, undefined])
})

const FAR = { peerAddress: '10.0.0.2' }

test('a Service whose endpoints may not be read has one on every node, the one in question too', () => {
  const { slices } = worldWithout(forbidden('EndpointSlice'), [web('shop'), node('n1')], 'n9')
  const nodes = slices.get('shop/web')?.flatMap(({ endpoints }) => endpoints)
  assert.deepEqual(
    nodes?.map(({ nodeName }) => nodeName),
    ['n1', 'n9'],
  )
})

test('where endpoints could be read, none are made up', () => {
  const { slices } = worldWithout(forbidden('EndpointSlice', 'shop'), [web('shop'), web('other')])
  assert.deepEqual([...slices.keys()], ['other/web'])
})

test('a namespace that holds a Service exists, by its name', () => {
  const labels = { 'kubernetes.io/metadata.name': 'shop' }
  const { namespaces } = worldWithout(forbidden('Namespace'), [web('shop')])
  assert.deepEqual(namespaces.get('shop')?.metadata.labels, labels)
})

test('a pool for that namespace by name is still for it', () => {
  const serviceAllocation = { namespaces: ['shop'] }
  const pinned = pool('a', { addresses: ['192.0.2.0/24'], serviceAllocation })
  const { config } = worldWithout(forbidden('Namespace'), [web('shop'), pinned])
  assert.deepEqual([...(config.pools[0]?.pinned?.namespaces ?? [])], ['shop'])
})

test('what is not installed is not made up either', () => {
  const changes = [web('shop'), namespaceObject('shop')].map(asChange)
  const unread = { kind: 'EndpointSlice', status: 404, message: '' } as const
  assert.deepEqual(standIns(changes, [unread], ''), [])
})

for (const [kind, says] of [
  ['Secret', /passwords .* <not-readable> stands for each/],
  ['EndpointSlice', /endpoints are not known/],
  ['Namespace', /labels of namespaces/],
  ['Node', /nodes are not known/],
  ['ConfigMap', /bgpextras/],
  ['Service', /an address that seems free may be in use/],
  ['Community', /as if there were none/],
] as const) {
  test(`without the right to ${kind} it is said what is not known, and why`, () => {
    const problem = problemOf(forbidden(kind))
    assert.ok(isUnread(problem))
    assert.equal(problem.name, RESOURCES[kind].plural)
    assert.match(problem.message, says)
    assert.match(problem.message, /\(GET \/x: 403 Forbidden\)$/)
  })
}

test('what could be read in one namespace is said', () => {
  assert.match(problemOf(forbidden('Service', 'shop')).message, /^outside of namespace shop /)
})

test('a kind that is not installed is no question of rights', () => {
  const { code, message } = problemOf({ kind: 'BGPPeer', status: 404, message: 'GET /x: 404' })
  assert.equal(code, 'not-served')
  assert.match(message, /not installed/)
})

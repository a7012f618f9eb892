import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { suite, test } from 'node:test'
import { NAMESPACE } from '../../test/support/build.ts'
import {
  type Asked,
  type FakeApiServer,
  type FakeObject,
  refuse,
  startFakeApiServer,
} from '../../test/support/fake-api-server.ts'
import { openAccess } from './access.ts'
import { openClient } from './client.ts'
import { kindsOf } from './cluster.ts'
import { type Listed, type ListOptions, listOnce } from './list-once.ts'
import { pathOf, RESOURCES, type ServedKind } from './resources.ts'

const LB = { spec: { type: 'LoadBalancer', clusterIPs: ['10.96.0.1'], ports: [{ port: 80 }] } }

function put(server: FakeApiServer, kind: ServedKind, name: string, namespace?: string): void {
  const { apiVersion } = RESOURCES[kind]
  const metadata = { name, ...(namespace ? { namespace } : {}) }
  const body = kind === 'Service' ? LB : { spec: { addresses: ['192.0.2.0/24'] } }
  server.put(pathOf(RESOURCES[kind], { namespace }), {
    ...{ apiVersion, kind, metadata, ...body },
  } as FakeObject)
}

async function list(server: FakeApiServer, options: Partial<ListOptions> = {}): Promise<Listed> {
  using client = openClient(openAccess(server.url))
  const { signal } = new AbortController()
  const kinds = kindsOf('speaker')
  return await listOnce({ client, namespace: NAMESPACE, kinds, signal, ...options })
}

const names = ({ changes }: Listed): string[] =>
  changes.map(({ ref }) => `${ref.kind} ${ref.namespace}/${ref.name}`).sort()
const unread = ({ unread }: Listed): string[] =>
  unread.map(({ kind, status, readIn }) => [kind, status, readIn ?? ''].join(' ').trim()).sort()

/** Refuses what the predicate names; `left` bounds how often. */
function refusing(
  server: FakeApiServer,
  [code, reason]: readonly [number, string],
  names: (asked: Asked) => boolean,
  left = Number.POSITIVE_INFINITY,
): void {
  server.intercept = (asked: Asked, response: ServerResponse) => {
    if (!names(asked) || left-- <= 0) return false
    refuse(response, code, reason, 'says the server')
    return true
  }
}

const FORBIDDEN = [403, 'Forbidden'] as const

suite('the objects of a cluster, once', { concurrency: true }, () => {
  test('every page of every kind is read, and nothing is watched', async () => {
    await using server = await startFakeApiServer()
    for (const name of ['a', 'b', 'c']) put(server, 'IPAddressPool', name, NAMESPACE)
    put(server, 'Service', 'web', 'default')
    const listed = await list(server, { pageSize: 2 })
    const pools = ['a', 'b', 'c'].map((name) => `IPAddressPool ${NAMESPACE}/${name}`)
    assert.deepEqual(names(listed), [...pools, 'Service default/web'])
    assert.deepEqual(unread(listed), [])
    assert.ok(server.asked.every(({ method, query }) => method === 'GET' && !query.has('watch')))
  })

  test('only what is asked for is read', async () => {
    await using server = await startFakeApiServer()
    await list(server, { kinds: ['Service', 'Node'] })
    const asked = server.asked.map(({ path }) => path).sort()
    assert.deepEqual(asked, ['/api/v1/nodes', '/api/v1/services'])
  })

  test('a kind without the right to it is named, and the rest is read', async () => {
    await using server = await startFakeApiServer()
    put(server, 'Service', 'web', 'default')
    refusing(server, FORBIDDEN, ({ path }) => path.endsWith('/secrets'))
    const listed = await list(server)
    assert.deepEqual(names(listed), ['Service default/web'])
    assert.deepEqual(unread(listed), ['Secret 403'])
    assert.match(listed.unread[0]!.message, /GET .*\/secrets: 403 Forbidden: says the server/)
  })

  test('Services that may be read in one namespace only are read there', async () => {
    await using server = await startFakeApiServer()
    put(server, 'Service', 'web', 'shop')
    put(server, 'Service', 'other', 'default')
    refusing(server, FORBIDDEN, ({ path }) => path === '/api/v1/services')
    assert.deepEqual(unread(await list(server)), ['Service 403'])
    const listed = await list(server, { within: 'shop' })
    assert.deepEqual(names(listed), ['Service shop/web'])
    assert.deepEqual(unread(listed), ['Service 403 shop'])
  })

  test('a namespace that is closed as well is one more thing not read', async () => {
    await using server = await startFakeApiServer()
    refusing(server, FORBIDDEN, ({ path }) => path.endsWith('/services'))
    assert.deepEqual(unread(await list(server, { within: 'shop' })), ['Service 403'])
  })

  test('a kind that is not installed is named; the legacy pool is not missed', async () => {
    await using server = await startFakeApiServer()
    refusing(server, [404, 'NotFound'], ({ path }) => /addresspools|bgppeers/.test(path))
    assert.deepEqual(unread(await list(server)), ['BGPPeer 404', 'IPAddressPool 404'])
  })

  test('a server without time is asked again', async () => {
    await using server = await startFakeApiServer()
    put(server, 'Service', 'web', 'default')
    refusing(server, [503, 'ServiceUnavailable'], ({ path }) => path.endsWith('/services'), 1)
    assert.deepEqual(names(await list(server, { kinds: ['Service'] })), ['Service default/web'])
  })

  test('a list that the server forgets on the way starts over', async () => {
    await using server = await startFakeApiServer()
    for (const name of ['a', 'b', 'c']) put(server, 'IPAddressPool', name, NAMESPACE)
    refusing(server, [410, 'Expired'], ({ query }) => query.has('continue'), 1)
    const listed = await list(server, { kinds: ['IPAddressPool'], pageSize: 2 })
    assert.equal(listed.changes.length, 3)
  })

  for (const [name, [code, reason], says] of [
    ['a stranger', [401, 'Unauthorized'], /does not know who asks: GET .*401/],
    ['a mistake of ours', [405, 'MethodNotAllowed'], /cannot read the cluster: GET .*405/],
    ['a server that never has time', [503, 'Busy'], /cannot read the cluster: GET .*503/],
  ] as const) {
    test(`${name} gets no half of an answer`, async () => {
      await using server = await startFakeApiServer()
      refusing(server, [code, reason], ({ path }) => path.endsWith('/nodes'))
      await assert.rejects(list(server), says)
    })
  }

  test('a server that is away is told at once', async () => {
    const server = await startFakeApiServer()
    await server.stop()
    await assert.rejects(list(server), /cannot read the cluster: GET .*ECONNREFUSED/)
  })

  test('who gives up waiting is let go', async () => {
    await using server = await startFakeApiServer()
    const stop = new AbortController()
    server.intercept = () => {
      stop.abort(new Error('enough'))
      return true
    }
    await assert.rejects(list(server, { signal: stop.signal }), /enough/)
  })
})

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import {
  type FakeApiServer,
  refuse,
  startFakeApiServer,
} from '../../test/support/fake-api-server.ts'
import { openAccess } from './access.ts'
import { openClient } from './client.ts'
import { listHolders, watchHolders } from './holders.ts'

const STATUSES = '/apis/metallb.io/v1beta1/namespaces/ours/servicel2statuses'

function statusOf(name: string, service: string, node: string) {
  const [namespace, of] = service.split('/')
  const labels = {
    'metallb.io/node': node,
    'metallb.io/service-name': of,
    'metallb.io/service-namespace': namespace,
  }
  const apiVersion = 'metallb.io/v1beta1'
  const metadata = { name, namespace: 'ours', labels }
  return { apiVersion, kind: 'ServiceL2Status', metadata }
}

/** Whose word stands longest comes first. */
const print = (nodes: ReadonlyMap<string, number>) =>
  [...nodes]
    .sort(([, a], [, b]) => a - b)
    .map(([node]) => node)
    .join(' ')

async function start(t: TestContext, prepare: (server: FakeApiServer) => void) {
  const server = await startFakeApiServer()
  t.after(() => server[Symbol.asyncDispose]())
  prepare(server)
  const client = openClient(openAccess(server.url))
  t.after(() => client[Symbol.dispose]())
  const refused: string[] = []
  const onRefused = ({ message }: Error) => refused.push(message)
  const watching = watchHolders({ client, namespace: 'ours', onRefused })
  t.after(() => watching[Symbol.asyncDispose]())
  let changes = 0
  watching.on('change', () => changes++)
  const told = () => {
    const known = watching.known()
    return known && [...known].map(([of, nodes]) => `${of}: ${print(nodes)}`).sort()
  }
  const says = (...expected: string[]) => eventually(() => assert.deepEqual(told(), expected))
  return { server, watching, refused, says, told, changes: () => changes }
}

test('who holds what, as the labels of the statuses say', async (t) => {
  const at = await start(t, (server) => {
    server.put(STATUSES, statusOf('l2-2', 'shop/web', 'n2'))
    server.put(STATUSES, statusOf('l2-1', 'shop/web', 'n1'))
    server.put(STATUSES, statusOf('l2-3', 'shop/api', 'n1'))
    const { metadata, ...rest } = statusOf('l2-4', 'shop/db', 'n3')
    const status = { node: 'n3', serviceName: 'db', serviceNamespace: 'shop' }
    server.put(STATUSES, { ...rest, metadata: { ...metadata, labels: {} }, status })
    server.put(STATUSES, { ...rest, metadata: { ...metadata, name: 'l2-5', labels: {} } })
  })
  assert.equal(at.watching.known(), undefined, 'nothing is known before all is')
  await at.says('shop/api: n1', 'shop/db: n3', 'shop/web: n2 n1')
  assert.equal(at.changes(), 1)
})

test('what comes and goes is told, and what was given out stays as it was', async (t) => {
  const at = await start(t, (server) => server.put(STATUSES, statusOf('l2-1', 'shop/web', 'n1')))
  await at.says('shop/web: n1')
  const before = at.watching.known()
  at.server.put(STATUSES, { ...statusOf('l2-1', 'shop/web', 'n1'), status: { node: 'n1' } })
  at.server.put(STATUSES, statusOf('l2-2', 'shop/api', 'n2'))
  await at.says('shop/api: n2', 'shop/web: n1')
  assert.equal(before!.size, 1, 'what was given out stays as it was')
  at.server.remove(`${STATUSES}/l2-1`)
  await at.says('shop/api: n2')
})

test('nobody holds anything is known, too', async (t) => {
  const at = await start(t, () => {})
  await at.says()
})

test('asked anew, it finds what a silent connection has not told', async (t) => {
  const at = await start(t, (server) => {
    server.put(STATUSES, statusOf('l2-1', 'shop/web', 'n1'))
    server.put(STATUSES, statusOf('l2-2', 'shop/api', 'n1'))
    // A watch that never says a word, as of a network that was away.
    server.intercept = ({ query }, response) => {
      if (query.get('watch') === null) return false
      response.writeHead(200).flushHeaders()
      return true
    }
  })
  await at.says('shop/api: n1', 'shop/web: n1')
  await eventually(() => assert.equal(watchesOf(at.server), 1))
  at.server.put(STATUSES, statusOf('l2-3', 'shop/web', 'n2'))
  at.server.remove(`${STATUSES}/l2-1`)
  at.watching.refresh()
  await at.says('shop/api: n1', 'shop/web: n2')
})

const watchesOf = ({ asked }: FakeApiServer) =>
  asked.filter(({ query }) => query.get('watch') !== null).length

test('without the right nothing is known, and that is told once', async (t) => {
  const at = await start(t, (server) => {
    server.intercept = (_, response) => {
      refuse(response, 403, 'Forbidden', 'not yours')
      return true
    }
  })
  await eventually(() => assert.ok(at.server.asked.length > 1))
  assert.equal(at.refused.length, 1)
  assert.equal(at.told(), undefined)
})

test('where the kind is not installed nobody holds anything, until it is', async (t) => {
  const at = await start(t, (server) => {
    server.put(STATUSES, statusOf('l2-1', 'shop/web', 'n1'))
    server.intercept = (_, response) => {
      refuse(response, 404, 'NotFound', 'no such kind')
      return true
    }
  })
  await at.says()
  assert.equal(at.refused.length, 1)
  at.server.intercept = () => false
  await at.says('shop/web: n1')
})

test('who looks once sees what stands, or nothing where it may not be read', async () => {
  await using server = await startFakeApiServer()
  using client = openClient(openAccess(server.url))
  for (let at = 0; at < 501; at++) {
    server.put(STATUSES, statusOf(`l2-${at}`, `shop/web-${at}`, 'n1'))
  }
  const { signal } = new AbortController()
  const look = () => listHolders({ client, namespace: 'ours', signal })
  assert.equal((await look())?.size, 501)
  for (const [code, reason] of [
    [403, 'Forbidden'],
    [404, 'NotFound'],
  ] as const) {
    server.intercept = (_, response) => {
      refuse(response, code, reason, 'no')
      return true
    }
    assert.equal(await look(), undefined)
  }
  server.intercept = (_, response) => {
    refuse(response, 500, 'InternalError', 'oh')
    return true
  }
  await assert.rejects(look(), /500|oh/)
})

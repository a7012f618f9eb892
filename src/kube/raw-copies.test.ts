import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { startFakeApiServer } from '../../test/support/fake-api-server.ts'
import { openAccess } from './access.ts'
import { openClient } from './client.ts'
import { openRawCopies } from './raw-copies.ts'

const MAPS = '/api/v1/namespaces/ours/configmaps'
const HOOKS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
const map = (name: string, data: object) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ours' }, data },
})
const hook = (name: string) => ({
  ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' },
  metadata: { name },
})

async function start(prepare: (server: Awaited<ReturnType<typeof startFakeApiServer>>) => void) {
  const stack = new AsyncDisposableStack()
  const server = stack.use(await startFakeApiServer())
  prepare(server)
  const client = stack.use(openClient(openAccess(server.url)))
  const seen = { changes: 0, errors: [] as string[] }
  const copies = stack.use(
    openRawCopies({
      client,
      kinds: [
        { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespace: 'ours' },
        {
          apiVersion: 'admissionregistration.k8s.io/v1',
          ...{ kind: 'ValidatingWebhookConfiguration', plural: 'validatingwebhookconfigurations' },
          only: 'ours',
        },
      ],
      slim: (object) => object,
      onChange: () => void seen.changes++,
      onError: ({ message }) => seen.errors.push(message),
    }),
  )
  await copies.ready
  const dataOf = () =>
    copies
      .all('ConfigMap')
      .map((one) => [one.metadata.name, (one as never as { data: object }).data])
  return { server, copies, seen, dataOf, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

test('what stands, by kind and sorted; of a kind that is read by name, that one', async () => {
  await using at = await start((server) => {
    server.put(MAPS, map('b', { x: '1' }))
    server.put(MAPS, map('a', {}))
    server.put(HOOKS, hook('ours'))
  })
  assert.deepEqual(at.dataOf(), [
    ['a', {}],
    ['b', { x: '1' }],
  ])
  assert.equal(at.copies.all('ValidatingWebhookConfiguration').length, 1)
  assert.equal(at.copies.isReady, true)
  assert.deepEqual(at.copies.all('Deployment'), [])
  const asked = at.server.asked.find(({ path }) => path === HOOKS)
  assert.equal(asked?.query.get('fieldSelector'), 'metadata.name=ours')
})

test('what changes, comes and goes is told', async () => {
  await using at = await start((server) => server.put(MAPS, map('a', { x: '1' })))
  at.server.put(MAPS, map('a', { x: '2' }))
  await eventually(() => assert.deepEqual(at.dataOf(), [['a', { x: '2' }]]))
  at.server.put(MAPS, map('b', {}))
  at.server.remove(`${MAPS}/a`)
  await eventually(() => assert.deepEqual(at.dataOf(), [['b', {}]]))
  assert.ok(at.seen.changes >= 3)
})

test('the answer to a write counts before the watch tells of it', async () => {
  await using at = await start((server) => server.put(MAPS, map('a', { x: '1' })))
  const written = map('a', { x: '2' })
  at.copies.wrote({ ...written, metadata: { ...written.metadata, resourceVersion: '100000' } })
  assert.deepEqual(at.dataOf(), [['a', { x: '2' }]])
})

test('what went while the server was away is gone when it is back, and that is told', async () => {
  await using at = await start((server) => {
    server.put(MAPS, map('a', {}))
    server.put(MAPS, map('b', {}))
  })
  await at.server.stop()
  at.server.remove(`${MAPS}/a`)
  at.server.forget()
  await at.server.start()
  await eventually(() => assert.deepEqual(at.dataOf(), [['b', {}]]))
})

// Against an API server in memory; test/kube/webhook.test.ts does the same with a real one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuse, startFakeApiServer } from '../../test/support/fake-api-server.ts'
import { openAccess } from './access.ts'
import { patchWhereNeeded, readSecret, writeSecret } from './certificate-store.ts'
import { openClient } from './client.ts'

const SECRETS = '/api/v1/namespaces/ours/secrets'
const PLACE = { namespace: 'ours', name: 'cert' }
const stored = (data?: object) => ({
  ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'cert', namespace: 'ours' } },
  ...(data ? { data } : {}),
})

async function start() {
  const server = await startFakeApiServer()
  const client = openClient(openAccess(server.url))
  const close = async () => {
    client[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, client, [Symbol.asyncDispose]: close }
}

test('reading: decoded, empty, or not there', async () => {
  await using fake = await start()
  assert.equal(await readSecret(fake.client, PLACE), undefined)
  fake.server.put(SECRETS, stored())
  assert.deepEqual((await readSecret(fake.client, PLACE))?.data, {})
  fake.server.put(SECRETS, stored({ 'tls.crt': btoa('text') }))
  const secret = await readSecret(fake.client, PLACE)
  assert.deepEqual(secret?.data, { 'tls.crt': 'text' })
  const { resourceVersion } = fake.server.get(`${SECRETS}/cert`)!.metadata
  assert.equal(secret.resourceVersion, resourceVersion)
})

test('writing what was read: keys of others stay', async () => {
  await using fake = await start()
  fake.server.put(SECRETS, stored({ other: btoa('stays') }))
  const read = await readSecret(fake.client, PLACE)
  assert.equal(await writeSecret(fake.client, PLACE, { ...read!, data: { key: 'text' } }), true)
  const { data } = fake.server.get(`${SECRETS}/cert`)!
  assert.deepEqual(data, { other: btoa('stays'), key: btoa('text') })
})

test('writing where there was none makes one', async () => {
  await using fake = await start()
  assert.equal(await writeSecret(fake.client, PLACE, { data: { key: 'text' } }), true)
  assert.deepEqual((await readSecret(fake.client, PLACE))?.data, { key: 'text' })
})

test('whoever was slower changes nothing', async () => {
  await using fake = await start()
  fake.server.put(SECRETS, stored())
  const read = await readSecret(fake.client, PLACE)
  fake.server.put(SECRETS, stored({ key: btoa('theirs') }))
  assert.equal(await writeSecret(fake.client, PLACE, { ...read!, data: { key: 'ours' } }), false)
  assert.equal(await writeSecret(fake.client, PLACE, { data: { key: 'ours' } }), false)
  assert.deepEqual((await readSecret(fake.client, PLACE))?.data, { key: 'theirs' })
  fake.server.remove(`${SECRETS}/cert`)
  assert.equal(await writeSecret(fake.client, PLACE, { ...read!, data: { key: 'ours' } }), false)
  assert.equal(await readSecret(fake.client, PLACE), undefined)
})

test('patching: only what is needed, and nothing where there is nothing', async () => {
  await using fake = await start()
  const path = `${SECRETS}/cert`
  const steps = [{ op: 'add', path: '/type', value: 'Opaque' }] as const
  assert.equal(await patchWhereNeeded(fake.client, path, () => steps), false)
  fake.server.put(SECRETS, stored())
  assert.equal(await patchWhereNeeded(fake.client, path, () => []), false)
  assert.equal(await patchWhereNeeded(fake.client, path, () => steps), true)
  assert.equal(fake.server.get(path)!.type, 'Opaque')
  const patches = fake.server.asked.filter(({ method }) => method === 'PATCH')
  assert.equal(patches.length, 1)
  assert.equal(patches[0]!.headers['content-type'], 'application/json-patch+json')
})

for (const [what, act] of [
  ['reading', (client: Fake) => readSecret(client, PLACE)],
  ['writing', (client: Fake) => writeSecret(client, PLACE, { data: {} })],
  ['patching', (client: Fake) => patchWhereNeeded(client, `${SECRETS}/cert`, () => [])],
] as const) {
  test(`a missing right is the caller's to hear of: ${what}`, async () => {
    await using fake = await start()
    fake.server.intercept = (_asked, response) => {
      refuse(response, 403, 'Forbidden', 'no')
      return true
    }
    await assert.rejects(act(fake.client), /403 Forbidden/)
  })
}

type Fake = Awaited<ReturnType<typeof start>>['client']

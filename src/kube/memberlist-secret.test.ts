import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { refuse, startFakeApiServer } from '../../test/support/fake-api-server.ts'
import { openAccess } from './access.ts'
import { openClient } from './client.ts'
import { openMemberlistSecret } from './memberlist-secret.ts'

const SECRETS = '/api/v1/namespaces/metallb-system/secrets'
const SECRET = `${SECRETS}/memberlist`
const DEPLOYMENTS = '/apis/apps/v1/namespaces/metallb-system/deployments'

const named = (kind: string, name: string, fields: object = {}) => ({
  ...{ apiVersion: 'v1', kind, metadata: { name, namespace: 'metallb-system' } },
  ...fields,
})

async function start({ deployment = 'controller', leads = true } = {}) {
  const server = await startFakeApiServer()
  const client = openClient(openAccess(server.url))
  const said: string[] = []
  const fence = { leads, leftMs: () => (fence.leads ? 1000 : 0) }
  const open = () =>
    openMemberlistSecret({
      ...{ client, fence, namespace: 'metallb-system', name: 'memberlist', deployment },
      onMade: (how) => said.push(how),
      onError: ({ message, cause }) => said.push(`${message}: ${(cause as Error)?.message ?? ''}`),
    })
  const key = () => (server.get(SECRET)?.data as { secretkey?: string } | undefined)?.secretkey
  const posts = () => server.asked.filter(({ method }) => method === 'POST').length
  const close = async () => {
    client[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, said, fence, open, key, posts, [Symbol.asyncDispose]: close }
}

suite('the Secret for gossip', { concurrency: true }, () => {
  test('made once, owned by the Deployment, and as MetalLB would make it', async () => {
    await using fake = await start()
    fake.server.put(DEPLOYMENTS, named('Deployment', 'controller'))
    await using _secret = fake.open()
    const text = atob(await eventually(() => fake.key() ?? assert.fail('not made')))
    assert.match(text, /^[A-Za-z0-9+/]{22}$/)
    const { ownerReferences } = fake.server.get(SECRET)!.metadata
    const { uid } = fake.server.get(`${DEPLOYMENTS}/controller`)!.metadata
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'controller', uid }
    assert.deepEqual(ownerReferences, [owner])
    await eventually(() => assert.deepEqual(fake.said, ['a new key']))
    assert.ok(!JSON.stringify(fake.said).includes(text))
  })

  test('one that stands is left as it is, also one without a key', async () => {
    await using fake = await start()
    fake.server.put(SECRETS, named('Secret', 'memberlist'))
    await using _secret = fake.open()
    await eventually(() => assert.match(fake.said.join(), /has no secretkey/))
    fake.server.put(SECRETS, named('Secret', 'memberlist', { data: { secretkey: 'a2V5' } }))
    assert.equal(fake.posts(), 0)
    assert.equal(fake.key(), 'a2V5')
  })

  test('deleted while we run: the key that speakers go on with comes back', async () => {
    await using fake = await start({ deployment: '' })
    await using _secret = fake.open()
    await eventually(() => assert.deepEqual(fake.said, ['a new key']))
    const first = fake.key()
    await eventually(() => assert.ok(fake.server.watchCount > 0))
    fake.server.remove(SECRET)
    assert.equal(await eventually(() => fake.key() ?? assert.fail('not made again')), first)
    const changed = { data: { secretkey: 'b3RoZXI' } }
    fake.server.put(SECRETS, named('Secret', 'memberlist', changed))
    await using _other = fake.open()
    await eventually(() => assert.equal(fake.server.watchCount, 2))
    fake.server.remove(SECRET)
    assert.equal(await eventually(() => fake.key() ?? assert.fail('not made again')), 'b3RoZXI')
  })

  test('who does not lead makes none until it does', async () => {
    await using fake = await start({ deployment: '', leads: false })
    await using secret = fake.open()
    await eventually(() => assert.ok(fake.server.watchCount > 0))
    assert.equal(fake.posts(), 0)
    fake.fence.leads = true
    secret.look()
    await eventually(() => assert.ok(fake.key()))
  })

  test('two that make it at once: one key', async () => {
    await using fake = await start({ deployment: '' })
    await using _one = fake.open()
    await using _two = fake.open()
    await eventually(() => assert.ok(fake.key()))
    // Both have looked, and the slower one has been told that it is there.
    await eventually(() => assert.equal(fake.server.watchCount, 2))
    await eventually(() => assert.deepEqual(fake.said, ['a new key']))
  })

  test('an API server that refuses is asked again, and it is said once', async () => {
    await using fake = await start()
    let left = 3
    fake.server.intercept = ({ method }, response) => {
      if (method !== 'POST' || left-- <= 0) return false
      refuse(response, 403, 'Forbidden', 'no')
      return true
    }
    fake.server.put(DEPLOYMENTS, named('Deployment', 'controller'))
    await using _secret = fake.open()
    await eventually(() => assert.ok(fake.key()))
    await eventually(() => assert.equal(fake.said.at(-1), 'a new key'))
    assert.equal(fake.said.length, 2)
    assert.match(fake.said[0]!, /cannot make Secret memberlist: .*403 Forbidden/)
  })

  test('while its owner is going none is made', async () => {
    await using fake = await start()
    await using secret = fake.open()
    await eventually(() => assert.match(fake.said.join(), /deployments\/controller: 404/))
    const going = named('Deployment', 'controller')
    const metadata = { ...going.metadata, deletionTimestamp: '2026-11-22T00:00:00Z' }
    fake.server.put(DEPLOYMENTS, { ...going, metadata })
    secret.look()
    const asked = () => fake.server.asked.filter(({ path }) => path.includes('/deployments/'))
    const before = asked().length
    await eventually(() => assert.ok(asked().length > before + 1, 'looked again'))
    assert.equal(fake.posts(), 0)
  })
})

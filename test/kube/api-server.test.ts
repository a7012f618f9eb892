// Our definitions at a real API server: it takes them, takes one object of each kind without losing a
// field, fills in what the schemas say, and refuses what the rules refuse in the words they give. And
// what other tests rely on: the server comes back with its data, forgets, and asks who is there.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { EXAMPLES } from '../../src/api/examples.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { get } from './support/access.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutKube } from './support/commands.ts'

const CRDS = join(import.meta.dirname, '../../manifests/crds')
const SPEAKER = 'system:serviceaccount:metallb-system:speaker'
const POOLS = '/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools'
const POOL = { addresses: ['192.0.2.0/24'] }
const PEER = { myASN: 64500, peerASN: 64501, peerAddress: '192.0.2.1' }

suite('a real API server', { skip: await skipWithoutKube() }, () => {
  const folder = temporaryFolder()
  let server: ApiServer
  before(async () => {
    server = await startApiServer({ dir: folder.dir, users: [SPEAKER] })
    await server.kubectl('apply', '--server-side', '-f', CRDS)
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
    await server.kubectl('create', 'namespace', 'metallb-system')
  })
  after(async () => {
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  for (const [kind, yaml] of Object.entries(EXAMPLES)) {
    test(`it keeps every field of the example of ${kind}`, async () => {
      const example = parse(yaml)
      await server.apply(yaml)
      // The first leaves out what was observed, which goes through a door of its own.
      if (example.status) await server.apply(yaml, '--subresource=status')
      assert.partialDeepStrictEqual(await read(kind, example.metadata.name), example)
    })
  }

  for (const [kind, spec, filledIn] of [
    ['IPAddressPool', POOL, { ...POOL, autoAssign: true, avoidBuggyIPs: false }],
    ['BGPPeer', PEER, { ...PEER, peerPort: 179, disableMP: false, dualStackAddressFamily: false }],
    ['BGPAdvertisement', {}, { aggregationLength: 32, aggregationLengthV6: 128 }],
    ['L2Advertisement', {}, {}],
  ] as const) {
    test(`it fills in what ${kind} leaves open`, async () => {
      await server.apply(objectOf(kind, 'plain', spec))
      assert.deepEqual((await read(kind, 'plain')).spec, filledIn)
    })
  }

  for (const [what, kind, spec, says] of [
    [
      'half a second',
      'BGPPeer',
      { ...PEER, connectTime: '1500ms' },
      /spec\.connectTime.*connect time should contain a whole number of seconds/,
    ],
    [
      'an aggregate of some Services',
      'BGPAdvertisement',
      { aggregationLength: 24, serviceSelectors: [{ matchLabels: { app: 'web' } }] },
      /serviceSelectors and aggregationLength are mutually exclusive/,
    ],
    ['a port out of range', 'BGPPeer', { ...PEER, peerPort: 0 }, /spec\.peerPort.*0.*greater than/],
    ['a field that is none', 'BGPPeer', { ...PEER, peerASNN: 1 }, /peerASNN.*not declared/],
  ] as const) {
    test(`it refuses ${what} in ${kind}`, async () => {
      await assert.rejects(server.apply(objectOf(kind, 'refused', spec)), says)
      assert.equal(await find(kind, 'refused', '--ignore-not-found'), '')
    })
  }

  test('it refuses to change what is fixed', async () => {
    const peer = { ...PEER, enableGracefulRestart: true }
    await server.apply(objectOf('BGPPeer', 'fixed', peer))
    const other = objectOf('BGPPeer', 'fixed', { ...peer, enableGracefulRestart: false })
    await assert.rejects(
      server.apply(other),
      /EnableGracefulRestart cannot be changed after creation/,
    )
    assert.partialDeepStrictEqual((await read('BGPPeer', 'fixed')).spec, peer)
  })

  test('what a service account may do, its role says', async () => {
    const speaker = await server.access(SPEAKER)
    assert.equal((await get(speaker, POOLS)).status, 403)
    const [role, account] = ['--clusterrole=view-pools', '--serviceaccount=metallb-system:speaker']
    const pools = ['--verb=list', '--resource=ipaddresspools.metallb.io']
    await server.kubectl('create', 'clusterrole', 'view-pools', ...pools)
    await server.kubectl('create', 'clusterrolebinding', 'speaker', role, account)
    // The server hears of roles by a watch of its own.
    await eventually(async () => assert.equal((await get(speaker, POOLS)).status, 200))
    assert.equal((await get(speaker, `${POOLS}/web`)).status, 403, 'it may list, not get')
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`it keeps its data over ${signal}`, async () => {
      await server.apply(objectOf('IPAddressPool', 'kept', POOL))
      const kept = await read('IPAddressPool', 'kept')
      const access = await server.access()
      await server.stop(signal)
      await assert.rejects(get(access, '/readyz'), { code: 'ECONNREFUSED' })
      await server.start()
      assert.deepEqual(await read('IPAddressPool', 'kept'), kept)
      assert.deepEqual(await server.access(), access, 'clients find it as they knew it')
    })
  }

  test('it forgets: a watch and a list that go on from before get a 410', async () => {
    for (const name of ['a', 'b']) await server.apply(objectOf('IPAddressPool', name, POOL))
    const access = await server.access()
    const before = JSON.parse((await get(access, `${POOLS}?limit=1`)).body).metadata
    const watch = `${POOLS}?watch=1&timeoutSeconds=1&resourceVersion=${before.resourceVersion}`
    assert.doesNotMatch((await get(access, watch)).body, /"code":410/, 'not before it forgets')

    await server.forget()
    // A server that has only just come back answers with 429 until it has read what it holds.
    const answered = async () => {
      const reply = await get(access, watch)
      assert.equal(reply.status, 200, reply.body)
      return reply
    }
    const event = JSON.parse((await eventually(answered)).body)
    assert.deepEqual([event.type, event.object.code], ['ERROR', 410])
    assert.equal((await get(access, `${POOLS}?limit=1&continue=${before.continue}`)).status, 410)
    assert.equal((await get(access, POOLS)).status, 200, 'a new list')
  })

  const find = (kind: string, name: string, ...how: string[]) => {
    const group = kind === 'BGPSessionState' ? 'frrk8s.metallb.io' : 'metallb.io'
    return server.kubectl('get', `${kind}.${group}`, name, '-n', 'metallb-system', ...how)
  }

  async function read(kind: string, name: string) {
    return JSON.parse(await find(kind, name, '-o', 'json'))
  }
})

function objectOf(kind: string, name: string, spec: object): string {
  const apiVersion = kind === 'BGPPeer' ? 'metallb.io/v1beta2' : 'metallb.io/v1beta1'
  return stringify({ apiVersion, kind, metadata: { name, namespace: 'metallb-system' }, spec })
}

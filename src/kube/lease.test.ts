import assert from 'node:assert/strict'
import test from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { type FakeApiServer, startFakeApiServer } from '../../test/support/fake-api-server.ts'
import { openAccess } from './access.ts'
import { openClient } from './client.ts'
import { type Lease, openLease } from './lease.ts'

const PATH = '/apis/coordination.k8s.io/v1/namespaces/metallb-system/leases/controller'
/** Long enough that a busy machine loses nothing. */
const PATIENT = { leaseMs: 60_000, renewMs: 40_000, everyMs: 20, retryMs: 20 }
const QUICK = { leaseMs: 600, renewMs: 400, everyMs: 20, retryMs: 20 }

interface Candidate extends AsyncDisposable {
  readonly lease: Lease
  readonly changes: boolean[]
  readonly errors: string[]
}

function candidate(server: FakeApiServer, identity: string, times = PATIENT): Candidate {
  const client = openClient(openAccess(server.url))
  const changes: boolean[] = []
  const errors: string[] = []
  const lease = openLease({
    ...{ client, namespace: 'metallb-system', name: 'controller', identity, times },
    onChange: (isLeading) => changes.push(isLeading),
    onError: ({ message }) => errors.push(message),
  })
  return {
    ...{ lease, changes, errors },
    [Symbol.asyncDispose]: async () => {
      await lease[Symbol.asyncDispose]()
      client[Symbol.dispose]()
    },
  }
}

const holder = (server: FakeApiServer) =>
  (server.get(PATH)?.spec as { holderIdentity?: string } | undefined)?.holderIdentity

test('one leads, renews, and gives the Lease back; then the other leads at once', async () => {
  await using server = await startFakeApiServer()
  const first = candidate(server, 'a')
  await eventually(() => assert.ok(first.lease.isLeading))
  await using second = candidate(server, 'b')
  const puts = () => server.asked.filter(({ method }) => method === 'PUT').length
  await eventually(() => assert.ok(puts() >= 3, 'it is renewed'))
  assert.equal(second.lease.isLeading, false)
  assert.equal(holder(server), 'a')
  assert.match((server.get(PATH)!.spec as { renewTime: string }).renewTime, /\.\d{6}Z$/)
  await first[Symbol.asyncDispose]()
  assert.deepEqual(first.changes, [true, false])
  await eventually(() => assert.ok(second.lease.isLeading))
  assert.equal(holder(server), 'b')
})

test('who cannot renew stops before others may begin, and says so once', async () => {
  await using server = await startFakeApiServer()
  await using first = candidate(server, 'a', QUICK)
  await eventually(() => assert.ok(first.lease.isLeading))
  await server.stop()
  await eventually(() => assert.equal(first.changes.at(-1), false))
  assert.equal(first.lease.leftMs(), 0)
  assert.deepEqual(first.errors, ['cannot read or write the Lease metallb-system/controller'])
  await server.start()
  await eventually(() => assert.equal(first.changes.at(-1), true))
})

test('a Lease that another took meanwhile is his', async () => {
  await using server = await startFakeApiServer()
  await using first = candidate(server, 'a')
  await eventually(() => assert.ok(first.lease.isLeading))
  const { metadata, ...rest } = server.get(PATH)!
  const spec = { holderIdentity: 'thief', leaseDurationSeconds: 3600 }
  server.put(PATH.slice(0, PATH.lastIndexOf('/')), { ...rest, metadata, spec })
  await eventually(() => assert.deepEqual(first.changes, [true, false]))
  assert.equal(holder(server), 'thief')
})

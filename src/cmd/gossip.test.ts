import assert from 'node:assert/strict'
import test from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { startFakeApiServer } from '../../test/support/fake-api-server.ts'
import { temporaryFolder } from '../../test/support/folder.ts'
import { freePort } from '../../test/support/free-port.ts'
import { openAccess } from '../kube/access.ts'
import { openClient } from '../kube/client.ts'
import { openLog } from '../log.ts'
import { parseFlags } from './flags.ts'
import { type GossipOptions, openGossip } from './gossip.ts'
import { gossipFlags } from './gossip-flags.ts'

const log = openLog('none')
const PODS = '/api/v1/namespaces/m/pods'

const flagsOf = (env: Record<string, string>, ...args: string[]): GossipOptions['flags'] => ({
  ...parseFlags(gossipFlags, args, env).flags,
  ...{ namespace: 'm', once: false },
})

test('speakers that share labels meet, and who ends tells the others first', async () => {
  using files = temporaryFolder({ secretkey: 'a key' })
  await using server = await startFakeApiServer()
  using client = openClient(openAccess(server.url))
  for (const podIP of ['127.0.0.1', '127.0.0.2']) {
    const metadata = { name: `speaker-${podIP}`, namespace: 'm', labels: { app: 'speaker' } }
    const status = { phase: 'Running', podIP }
    server.put(PODS, { apiVersion: 'v1', kind: 'Pod', metadata, status })
  }
  const port = await freePort()
  const open = (node: string, address: string, signal: AbortSignal) => {
    const env = {
      METALLB_ML_BIND_ADDR: address,
      METALLB_ML_BIND_PORT: String(port),
      METALLB_ML_LABELS: 'app=speaker',
      METALLB_ML_SECRET_KEY_PATH: files.dir,
    }
    return openGossip({ flags: flagsOf(env), node, client, log, signal })
  }
  const ending = new AbortController()
  await using first = await open('n1', '127.0.0.1', new AbortController().signal)
  await using second = await open('n2', '127.0.0.2', ending.signal)
  const seen = (by: typeof first) => [...by!.alive()].sort().join(' ')
  await eventually(() => assert.deepEqual([seen(first), seen(second)], ['n1 n2', 'n1 n2']))
  assert.deepEqual(
    first!.list().map(({ name, address, state }) => `${name} ${address} ${state}`),
    ['n1 127.0.0.1 alive', 'n2 127.0.0.2 alive'],
  )
  assert.equal(first!.counters().happened.joined, 2, 'itself and the other')
  ending.abort()
  await eventually(() => assert.equal(seen(first), 'n1'))
  assert.equal(seen(second), 'n1 n2')
})

for (const [name, env] of [
  ['without an address', { METALLB_ML_LABELS: 'app=speaker' }],
  ['without labels', { METALLB_ML_BIND_ADDR: '127.0.0.1' }],
] as const) {
  test(`there is no gossip ${name}`, async () => {
    using client = openClient(openAccess('http://127.0.0.1:1'))
    const { signal } = new AbortController()
    assert.equal(
      await openGossip({ flags: flagsOf(env), node: 'n1', client, log, signal }),
      undefined,
    )
  })
}

test('a folder of objects says of nobody else, so there is no gossip', async () => {
  const env = { METALLB_ML_BIND_ADDR: '127.0.0.1', METALLB_ML_LABELS: 'app=speaker' }
  const options = { flags: flagsOf(env), node: 'n1', client: undefined, log }
  const { signal } = new AbortController()
  assert.equal(await openGossip({ ...options, signal }), undefined)
})

test('a key that cannot be read ends the speaker: it would talk to nobody', async () => {
  using client = openClient(openAccess('http://127.0.0.1:1'))
  const env = {
    ...{ METALLB_ML_BIND_ADDR: '127.0.0.1', METALLB_ML_LABELS: 'app=speaker' },
    METALLB_ML_SECRET_KEY_PATH: '/nowhere',
  }
  const { signal } = new AbortController()
  const opening = openGossip({ flags: flagsOf(env), node: 'n1', client, log, signal })
  await assert.rejects(opening, /the key of the speakers' gossip cannot be read; \/nowhere/)
})

test('without a cluster, speakers are named by their addresses', async (t) => {
  const port = String(await freePort())
  const open = async (node: string, address: string, ...args: string[]) => {
    const env = { METALLB_ML_BIND_ADDR: address, METALLB_ML_BIND_PORT: port }
    const { signal } = new AbortController()
    const ring = await openGossip({ flags: flagsOf(env, ...args), node, log, signal })
    t.after(() => ring?.[Symbol.asyncDispose]())
    return ring
  }
  const first = await open('n1', '127.0.0.1', '--ml-join=127.0.0.1, 127.0.0.2')
  const second = await open('n2', '127.0.0.2', '--ml-join=127.0.0.1')
  await eventually(() => {
    for (const one of [first, second]) assert.deepEqual([...one!.alive()], ['n1', 'n2'])
  })
})

test('several label selectors find the Pods of each, and of all before anybody is met', async () => {
  await using server = await startFakeApiServer()
  using client = openClient(openAccess(server.url))
  const port = await freePort()
  const put = (podIP: string, app: string) => {
    const metadata = { name: `speaker-${podIP}`, namespace: 'm', labels: { app } }
    server.put(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      status: { phase: 'Running', podIP },
    })
  }
  put('127.0.0.1', 'ours')
  put('127.0.0.2', 'theirs')
  const open = (node: string, address: string, labels: string) => {
    const env = { METALLB_ML_BIND_ADDR: address, METALLB_ML_BIND_PORT: String(port) }
    const flags = flagsOf(env, `--ml-labels=${labels}`)
    return openGossip({ flags, node, client, log, signal: new AbortController().signal })
  }
  await using theirs = await open('n2', '127.0.0.2', 'app=theirs')
  await using ours = await open('n1', '127.0.0.1', 'app=ours; app=theirs;app=ours;')
  await eventually(() => {
    for (const one of [ours, theirs]) assert.deepEqual([...one!.alive()], ['n1', 'n2'])
  })
})

test('who cannot answer on layer 2 stays out, and is elected by nobody', async () => {
  const port = String(await freePort())
  const flags = flagsOf(
    { METALLB_ML_BIND_ADDR: '127.0.0.1', METALLB_ML_BIND_PORT: port },
    '--ml-join=127.0.0.2',
  )
  const { signal } = new AbortController()
  await using ring = await openGossip({ flags, node: 'n1', log, signal, whyNot: 'no NET_RAW' })
  assert.deepEqual([...ring!.alive()], [])
  assert.deepEqual(ring!.list(), [])
})

test('one pass for a look joins nobody', async () => {
  const env = { METALLB_ML_BIND_ADDR: '127.0.0.1' }
  const flags = { ...flagsOf(env, '--ml-join=127.0.0.2'), once: true }
  const { signal } = new AbortController()
  assert.equal(await openGossip({ flags, node: 'n1', log, signal }), undefined)
})

test('a flag of the gossip that is wrong is named', () => {
  assert.throws(() => flagsOf({}, '--ml-join=10.0.0.1,node-2'), {
    message: '--ml-join: "10.0.0.1,node-2" names "node-2", which is not an IP address',
  })
  assert.throws(() => flagsOf({ METALLB_ML_BIND_PORT: 'x' }), {
    message: 'METALLB_ML_BIND_PORT: "x" is not a port (0 to 65535)',
  })
})

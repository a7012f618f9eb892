// Controllers as processes at a real API server: one leads and gives addresses, both serve the webhook;
// whether the leader is killed in the middle of many Services or ends in order, no address is given
// twice and none is lost.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { freePort } from '../support/free-port.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutKube } from './support/commands.ts'

const ROOT = join(import.meta.dirname, '../..')
const SERVICES = 500
/** A Lease that nobody renews is taken over after 15 s. */
const TAKEOVER_MS = 60_000

const POOL = `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: pool, namespace: metallb-system }
spec: { addresses: [192.0.2.0/24, 198.51.100.0/22] }
`
const servicesFrom = (first: number, count: number): string =>
  Array.from({ length: count }, (_, at) => serviceText(`web-${first + at}`)).join('---\n')

const serviceText = (name: string) => `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: default }
spec: { type: LoadBalancer, ports: [{ port: 80 }] }
`

suite('two controllers', { skip: await skipWithoutKube() }, () => {
  const folder = temporaryFolder()
  const controllers = new Map<string, ChildProcess>()
  let server: ApiServer

  before(async () => {
    server = await startApiServer({ dir: folder.dir })
    await server.kubectl('apply', '--server-side', '-f', join(ROOT, 'manifests/crds'))
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
    await server.kubectl('apply', '-f', join(ROOT, 'manifests/namespace.yaml'))
    for (const file of ['certificate', 'service', 'validation']) {
      await server.kubectl('apply', '-f', join(ROOT, `manifests/webhook/${file}.yaml`))
    }
    await server.apply(POOL)
    for (const name of ['one', 'two']) await start(name)
  })
  after(async () => {
    await Promise.all([...controllers.values()].map((one) => end(one, 'SIGTERM')))
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** Warm: it has read the cluster and serves the webhook, whether it leads or not. */
  async function start(name: string): Promise<void> {
    const port = await freePort()
    const health = ['--port', '0', '--health-probe-port', `${port}`]
    const ports = [...health, '--webhook-port', `${await freePort()}`]
    const args = ['--kubeconfig', server.kubeconfig, '--pod-name', name]
    const argv = ['src/main.ts', 'controller', ...args, ...ports]
    controllers.set(name, spawn(process.execPath, argv, { cwd: ROOT, stdio: 'ignore' }))
    await eventually(async () => {
      assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
    }, TAKEOVER_MS)
  }

  const get = async (...args: string[]) => (await server.kubectl('get', ...args)).trim()
  const leader = async (): Promise<string> => {
    const holder = ['-o', 'jsonpath={.spec.holderIdentity}']
    const name = await get('lease', 'controller', '-n', 'metallb-system', ...holder)
    assert.ok(controllers.has(name), 'one of them leads')
    return name
  }
  const addresses = async (): Promise<string[]> => {
    const ip = 'jsonpath={range .items[*]}{.status.loadBalancer.ingress[0].ip}{"\\n"}{end}'
    return (await get('services', '-n', 'default', '-o', ip)).split('\n').filter(Boolean)
  }
  /** Name → address, as it stands. */
  const served = async (): Promise<Map<string, string>> => {
    const ip = '{.metadata.name} {.status.loadBalancer.ingress[*].ip}{"\\n"}'
    const lines = await get(
      'services',
      '-n',
      'default',
      '-o',
      `jsonpath={range .items[*]}${ip}{end}`,
    )
    const pairs = lines.split('\n').map((line) => line.split(' ') as [string, string])
    return new Map(pairs.filter(([, address]) => address))
  }
  /** What had an address has the same one, and nothing has one of another. */
  async function isKept(before: ReadonlyMap<string, string>): Promise<void> {
    const now = await served()
    for (const [name, address] of before) assert.equal(now.get(name), address, name)
    assert.equal(new Set(now.values()).size, now.size, 'no address is given twice')
  }

  test('one leads, gives addresses, counts the pool and tells the user', async () => {
    await eventually(leader, TAKEOVER_MS)
    await server.apply(servicesFrom(0, 1))
    await eventually(async () => assert.deepEqual(await addresses(), ['192.0.2.0']))
    await eventually(async () => {
      const assigned = ['-o', 'jsonpath={.status.assignedIPv4} {.status.availableIPv4}']
      assert.equal(
        await get('ipaddresspool', 'pool', '-n', 'metallb-system', ...assigned),
        '1 1279',
      )
      const events = await get('events', '-n', 'default', '-o', 'jsonpath={.items[*].reason}')
      assert.match(events, /IPAllocated/)
    })
  })

  test('the API server is told by which authority the webhook is signed', async () => {
    const bundle = '-o=jsonpath={..clientConfig.caBundle}'
    await eventually(async () => {
      const name = 'metallb-webhook-configuration'
      const bundles = (await get('validatingwebhookconfiguration', name, bundle)).split(' ')
      assert.equal(new Set(bundles).size, 1)
      assert.notEqual(bundles[0], '')
      assert.equal(await get('crd', 'bgppeers.metallb.io', bundle), bundles[0])
    }, TAKEOVER_MS)
  })

  test('the leader ends in order: the Lease is free at once, and all addresses stay', async (t) => {
    const before = await served()
    const first = await leader()
    const ended = end(controllers.get(first)!, 'SIGTERM')
    controllers.delete(first)
    const at = performance.now()
    await server.apply(servicesFrom(1, 1))
    await ended
    const over = performance.now()
    await eventually(async () => assert.notEqual(await leader(), first), TAKEOVER_MS)
    const taken = performance.now()
    await eventually(async () => {
      assert.equal((await addresses()).length, 2)
    }, TAKEOVER_MS)
    await isKept(before)
    t.diagnostic(`ended after ${seconds(over - at)}, another leads ${seconds(taken - at)} after`)
  })

  test('the leader is killed while Services come: each gets one address of its own', async (t) => {
    await start('three')
    const first = await leader()
    await server.apply(servicesFrom(2, SERVICES / 2))
    const before = await eventually(async () => {
      const some = await served()
      assert.ok(some.size > 2, 'it is in the middle of them')
      return some
    }, TAKEOVER_MS)
    const killed = end(controllers.get(first)!, 'SIGKILL')
    controllers.delete(first)
    const at = performance.now()
    await server.apply(servicesFrom(2 + SERVICES / 2, SERVICES / 2))
    await killed
    const taken = await eventually(async () => {
      assert.notEqual(await leader(), first)
      return performance.now()
    }, TAKEOVER_MS)
    await eventually(async () => {
      assert.equal((await addresses()).length, SERVICES + 2)
    }, TAKEOVER_MS)
    await isKept(before)
    t.diagnostic(`another leads ${seconds(taken - at)} after the kill, of a Lease of 15 s`)
    t.diagnostic(`all ${SERVICES} served ${seconds(performance.now() - at)} after the kill`)
  })
})

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

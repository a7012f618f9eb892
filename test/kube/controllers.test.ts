// Two controllers as processes at a real API server: one leads and gives addresses, both serve the
// webhook, and when the leader is killed in the middle of many Services no address is given twice.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutKube } from './support/commands.ts'

const ROOT = join(import.meta.dirname, '../..')
const SERVICES = 200
/** A Lease that nobody renews is taken over after 15 s. */
const TAKEOVER_MS = 60_000

const POOL = `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: pool, namespace: metallb-system }
spec: { addresses: [192.0.2.0/24, 198.51.100.0/24] }
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
    for (const [name, webhookPort] of [
      ['one', '19443'],
      ['two', '19444'],
    ] as const) {
      const args = ['--pod-name', name, '--webhook-port', webhookPort, '--port', '0']
      const argv = ['src/main.ts', 'controller', '--kubeconfig', server.kubeconfig, ...args]
      controllers.set(name, spawn(process.execPath, argv, { cwd: ROOT, stdio: 'ignore' }))
    }
  })
  after(async () => {
    await Promise.all([...controllers.values()].map((one) => end(one, 'SIGTERM')))
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

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

  test('one leads, gives addresses, counts the pool and tells the user', async () => {
    await eventually(leader, TAKEOVER_MS)
    await server.apply(servicesFrom(0, 1))
    await eventually(async () => assert.deepEqual(await addresses(), ['192.0.2.0']))
    await eventually(async () => {
      const assigned = ['-o', 'jsonpath={.status.assignedIPv4} {.status.availableIPv4}']
      assert.equal(await get('ipaddresspool', 'pool', '-n', 'metallb-system', ...assigned), '1 511')
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

  test('the leader is killed while Services come: each gets one address of its own', async (t) => {
    const first = await leader()
    await server.apply(servicesFrom(1, SERVICES / 2))
    const killed = end(controllers.get(first)!, 'SIGKILL')
    controllers.delete(first)
    const at = performance.now()
    await server.apply(servicesFrom(1 + SERVICES / 2, SERVICES / 2))
    await killed
    await eventually(async () => {
      assert.equal((await addresses()).length, SERVICES + 1)
    }, TAKEOVER_MS)
    t.diagnostic(`all served ${((performance.now() - at) / 1000).toFixed(1)} s after the kill`)
    assert.equal(new Set(await addresses()).size, SERVICES + 1, 'no address is given twice')
    assert.notEqual(await leader(), first)
  })
})

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

// Services with addresses that MetalLB gave, and our controller after it: every Service keeps what it has,
// whatever we would have given it, and the next one gets an address that is free.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { freePort } from '../support/free-port.ts'
import { metallbMemberlist } from '../support/metallb-installation.ts'
import { ROOT } from '../support/source.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutKube } from './support/commands.ts'

const PATIENCE_MS = 60_000
const OBJECTS = `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: shop, namespace: metallb-system }
spec: { addresses: [192.0.2.0/29, 2001:db8::/125] }
`
/** Name, annotations, further fields of the spec, and the addresses it has. */
const GIVEN: readonly [string, string, string, readonly string[]][] = [
  ['last', 'metallb.io/ip-allocated-from-pool: shop', '', ['192.0.2.7']],
  ['old-words', 'metallb.universe.tf/ip-allocated-from-pool: shop', '', ['192.0.2.3']],
  [
    'both-families',
    'metallb.io/ip-allocated-from-pool: shop',
    'ipFamilyPolicy: RequireDualStack',
    ['192.0.2.5', '2001:db8::4'],
  ],
  ['shared-one', 'metallb.universe.tf/allow-shared-ip: a', '', ['192.0.2.1']],
  ['shared-two', 'metallb.io/allow-shared-ip: a', '', ['192.0.2.1']],
]
const service = (name: string, annotation: string, spec: string, port: number) => `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: default, annotations: { ${annotation} } }
spec:
  type: LoadBalancer
  ports: [{ port: ${port} }]
  ${spec}
`

suite('addresses that MetalLB gave', { skip: await skipWithoutKube() }, () => {
  const folder = temporaryFolder()
  let server: ApiServer
  let controller: ChildProcess

  before(async () => {
    server = await startApiServer({ dir: folder.dir })
    await server.kubectl('apply', '--server-side', '-f', join(ROOT, 'manifests/crds'))
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
    await server.kubectl('apply', '-f', join(ROOT, 'manifests/namespace.yaml'))
    await server.apply(JSON.stringify(metallbMemberlist()))
    await server.apply(OBJECTS)
    for (const [at, [name, annotation, spec, addresses]] of GIVEN.entries()) {
      await server.apply(service(name, annotation, spec, 8000 + at))
      const status = { loadBalancer: { ingress: addresses.map((ip) => ({ ip })) } }
      const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]
      await server.kubectl('patch', 'service', name, ...patch)
    }
    await server.apply(service('next', '', '', 80))
  })
  after(async () => {
    if (controller?.kill('SIGTERM')) await once(controller, 'exit')
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const addressesOf = async (name: string): Promise<string> => {
    const ips = 'jsonpath={.status.loadBalancer.ingress[*].ip}'
    return await server.kubectl('get', 'service', name, '-o', ips)
  }

  test('each Service keeps its own, and the next gets one that is free', async () => {
    const health = ['--port', '0', '--health-probe-port', `${await freePort()}`]
    const mode = ['--webhook-mode', 'disabled', '--ml-secret-name', 'memberlist']
    const args = ['--kubeconfig', server.kubeconfig, ...health, ...mode]
    controller = spawn(process.execPath, ['src/main.ts', 'controller', ...args], {
      ...{ cwd: ROOT, stdio: 'ignore' },
    })
    const free = /^192\.0\.2\.[0246]$/
    await eventually(async () => assert.match(await addressesOf('next'), free), PATIENCE_MS)
    for (const [name, , , addresses] of GIVEN) {
      assert.equal(await addressesOf(name), addresses.join(' '), name)
    }
  })

  test('the key of the gossip is MetalLB’s', async () => {
    const secret = ['get', 'secret', 'memberlist', '-n', 'metallb-system']
    const key = await server.kubectl(...secret, '-o', 'jsonpath={.data.secretkey}')
    assert.equal(key, metallbMemberlist().data.secretkey)
  })
})

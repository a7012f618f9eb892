import assert from 'node:assert/strict'
import test from 'node:test'
import { refuse, startFakeApiServer } from '../../test/support/fake-api-server.ts'
import { serviceYaml, temporaryFolder } from '../../test/support/folder.ts'
import { type AskedWorldFlags, nodeIn, readWorld } from './asked-world.ts'
import { onlyFlags, UsageError } from './flags.ts'
import { node, shared } from './role-flags.ts'
import { accessTo, where } from './where.ts'

const { signal } = new AbortController()
const table = { ...where, nodeName: node.nodeName, lbClass: shared.lbClass }
const flagsOf = (args: string[], env = {}): AskedWorldFlags => onlyFlags(table, args, env)

const kubeconfig = (server: string): string =>
  JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'lab' },
    contexts: [{ name: 'lab', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: { token: 't' } }],
  })

/** A cluster with a pool and a Service that waits for its address. */
async function waiting() {
  const server = await startFakeApiServer()
  const files = temporaryFolder({ config: kubeconfig(server.url) })
  const apiVersion = 'metallb.io/v1beta1'
  server.put(`/apis/${apiVersion}/namespaces/metallb-system/ipaddresspools`, {
    ...{ apiVersion, kind: 'IPAddressPool', spec: { addresses: ['192.0.2.0/24'] } },
    metadata: { name: 'a', namespace: 'metallb-system' },
  })
  server.put('/api/v1/namespaces/default/services', {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' } },
    spec: { type: 'LoadBalancer', clusterIPs: ['10.96.0.1'], ports: [{ port: 80 }] },
  })
  return {
    server,
    flags: flagsOf(['--kubeconfig', files.path('config')]),
    [Symbol.asyncDispose]: async () => {
      files[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

const ingress = ({ world }: Awaited<ReturnType<typeof readWorld>>) =>
  world.services.get('default/web')?.status.loadBalancer.ingress.map(({ ip }) => ip)

test('a cluster is shown as it stands; what is due is in the plan', async () => {
  await using cluster = await waiting()
  const asked = await readWorld(cluster.flags, { signal })
  assert.ok(asked.isLive)
  assert.deepEqual(ingress(asked), [])
  assert.deepEqual(asked.allocation.decisions[0]?.fresh, ['192.0.2.0'])
  assert.deepEqual(
    cluster.server.asked.filter(({ method }) => method !== 'GET'),
    [],
  )
})

test('a folder is shown with the addresses that the controller would give', async () => {
  const pool = 'apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: a}\n'
  const text = `${pool}spec: {addresses: [192.0.2.0/24]}\n${serviceYaml('web')}`
  using files = temporaryFolder({ 'a.yaml': text })
  const asked = await readWorld(flagsOf(['--objects', files.dir]), { signal })
  assert.equal(asked.isLive, false)
  assert.deepEqual(ingress(asked), ['192.0.2.0'])
})

test('a kind without the right to it is among the problems, as the roles have it', async () => {
  await using cluster = await waiting()
  cluster.server.intercept = ({ path }, response) => {
    if (!path.endsWith('/secrets')) return false
    refuse(response, 403, 'Forbidden', 'no')
    return true
  }
  const { unread, world } = await readWorld(cluster.flags, { signal })
  assert.deepEqual(
    unread.map(({ kind, name, code }) => [kind, name, code]),
    [['API', 'secrets', 'forbidden']],
  )
  assert.deepEqual(world.problems, unread)
})

test('without any Service there is nothing to say', async () => {
  await using cluster = await waiting()
  cluster.server.intercept = ({ path }, response) => {
    if (!path.endsWith('/services')) return false
    refuse(response, 403, 'Forbidden', 'no')
    return true
  }
  await assert.rejects(
    readWorld(cluster.flags, { signal, within: 'default' }),
    /^Error: Services cannot be read: .*403 Forbidden/,
  )
})

test('which cluster: the flag, the variable, the usual file, the Pod', async () => {
  using files = temporaryFolder({
    one: kubeconfig('https://one.example'),
    two: kubeconfig('https://two.example'),
    '.kube/config': kubeconfig('https://usual.example'),
  })
  const [one, two] = [files.path('one'), files.path('two')]
  const pod = { KUBERNETES_SERVICE_HOST: '10.96.0.1' }
  for (const [args, env, home, host] of [
    [['--kubeconfig', one], { KUBECONFIG: two, ...pod }, files.dir, 'one.example'],
    [[], { KUBECONFIG: two, ...pod }, files.dir, 'two.example'],
    [[], pod, files.dir, 'usual.example'],
    [[], pod, '/nowhere', '10.96.0.1'],
  ] as const) {
    const { server } = await accessTo(flagsOf([...args], env), home)
    assert.equal(server.hostname, host)
  }
  await assert.rejects(accessTo(flagsOf([]), '/nowhere'), /say where the objects are/)
})

test('a context is of a kubeconfig', async () => {
  using files = temporaryFolder({ config: kubeconfig('https://one.example') })
  const ofConfig = flagsOf(['--kubeconfig', files.path('config'), '--context', 'gone'])
  await assert.rejects(accessTo(ofConfig), /has no context "gone"; there is lab/)
  await assert.rejects(accessTo(flagsOf(['--context', 'x']), '/nowhere'), UsageError)
  const ofFolder = flagsOf(['--objects', files.dir, '--context', 'x'])
  await assert.rejects(readWorld(ofFolder, { signal }), /--objects names a folder/)
})

test('the node in question: the one there is, the one named, or which was meant', async () => {
  await using cluster = await waiting()
  const put = (name: string) =>
    cluster.server.put('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } })
  const read = async () => (await readWorld(cluster.flags, { signal })).world
  assert.equal(nodeIn(await read(), 'any'), 'any')
  put('worker-a')
  assert.equal(nodeIn(await read(), ''), 'worker-a')
  for (let at = 0; at < 20; at++) put(`other-${at}`)
  const world = await read()
  assert.equal(nodeIn(world, 'worker-a'), 'worker-a')
  assert.throws(() => nodeIn(world, 'worker-b'), /did you mean "worker-a"\?/)
  assert.throws(() => nodeIn(world, ''), /one of other-0, .* and 9 more$/)
})

// The commands that answer and exit, asked of a real API server by people of different rights: each
// gets the answer that a folder with the same objects gives, or is told what is missing in it.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { execa } from 'execa'
import { temporaryFolder } from '../support/folder.ts'
import { ROOT } from '../support/source.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutKube } from './support/commands.ts'

const OWN = 'metallb-system'
/** May read all that a role reads, and no Secret. */
const ENGINEER = 'engineer'
/** May read Services and endpoints of one namespace, and the configuration. */
const TENANT = 'tenant'
const STRANGER = 'stranger'
const PASSWORD = 'not-for-everybody'

const OBJECTS = `
{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {rack: a}}}
---
{apiVersion: v1, kind: Node, metadata: {name: n2, labels: {rack: b}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: blue, namespace: ${OWN}}
spec: {addresses: [192.0.2.1/32]}
---
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata: {name: all, namespace: ${OWN}}
spec: {localPref: 200, communities: ['64512:7']}
---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: {name: r1, namespace: ${OWN}}
spec: {myASN: 64512, peerASN: 64512, peerAddress: 10.0.0.1, passwordSecret: {name: r1}}
---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: {name: r2, namespace: ${OWN}}
spec:
  {myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.2, nodeSelectors: [{matchLabels: {rack: b}}]}
---
apiVersion: v1
kind: Secret
metadata: {name: r1, namespace: ${OWN}}
type: kubernetes.io/basic-auth
stringData: {username: bgp, password: ${PASSWORD}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {type: LoadBalancer, ports: [{port: 5432}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [10.1.0.1], nodeName: n1, conditions: {ready: true}}]
`
const READ = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: read-configuration}
rules:
  - {apiGroups: [metallb.io], resources: ['*'], verbs: [list]}
  - {apiGroups: [''], resources: [configmaps], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: read-services}
rules:
  - {apiGroups: [''], resources: [services], verbs: [list]}
  - {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: read-places}
rules:
  - {apiGroups: [''], resources: [nodes, namespaces], verbs: [list]}
`
const KINDS = [
  ...['nodes', 'namespaces', 'services', 'endpointslices', 'secrets', 'configmaps'],
  ...['ipaddresspools', 'bgpadvertisements', 'bgppeers'].map((kind) => `${kind}.metallb.io`),
]

suite('asking a cluster', { skip: await skipWithoutKube() }, () => {
  const folder = temporaryFolder()
  let server: ApiServer
  before(async () => {
    server = await startApiServer({ dir: folder.dir, users: [ENGINEER, TENANT, STRANGER] })
    await server.kubectl('apply', '--server-side', '-f', join(ROOT, 'manifests/crds'))
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
    await server.kubectl('create', 'namespace', OWN)
    await server.kubectl('create', 'namespace', 'shop')
    await server.apply(OBJECTS)
    const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } })
    const patch = ['--subresource=status', '--type=merge', '-p', status]
    await server.kubectl('patch', 'service', 'web', '-n', 'shop', ...patch)
    await server.apply(READ)
    for (const role of ['read-services', 'read-places']) await bind(role, ENGINEER)
    await bind('read-configuration', ENGINEER, OWN)
    await bind('read-configuration', TENANT, OWN)
    await bind('read-services', TENANT, 'shop')
  })
  after(async () => {
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  async function bind(role: string, user: string, namespace?: string): Promise<void> {
    const kind = namespace === undefined ? ['clusterrolebinding'] : ['rolebinding', '-n', namespace]
    const names = [`${role}-${user}`, `--clusterrole=${role}`, `--user=${user}`]
    await server.kubectl('create', ...kind, ...names)
  }

  async function ferrule(args: readonly string[], user?: string) {
    const { kubeconfig: KUBECONFIG } = await server.access(user)
    return await run(args, { KUBECONFIG })
  }

  /** Every object, as the server has it, in a folder. */
  async function copy() {
    const files = temporaryFolder()
    for (const kind of KINDS) {
      const { items } = JSON.parse(await server.kubectl('get', kind, '-A', '-o', 'json'))
      const texts = (items as unknown[]).map((item) => JSON.stringify(item))
      files.write(`${kind}.yaml`, texts.join('\n---\n'))
    }
    return files
  }

  test('the answer is that of a folder with the same objects, and the cluster is named', async () => {
    using files = await copy()
    for (const args of [
      ['explain', 'shop/web'],
      ['explain', 'service', 'shop/web', '--node', 'n1'],
      ['explain', 'shop/db', '--json'],
      ['plan', '--node', 'n2', '--json'],
      ['render', '--node', 'n2'],
    ]) {
      const live = await ferrule(args)
      assert.match(
        live.stderr,
        /^cluster https:.* \(context test of .*\), configuration in metallb/,
      )
      const { stdout } = await run([...args, '--objects', files.dir], {})
      assert.equal(live.stdout, stdout, args.join(' '))
    }
  })

  test('from the address to the routers, node by node, and why another one waits', async () => {
    const { stdout } = await ferrule(['explain', 'shop/web'])
    assert.equal(
      stdout,
      [
        'Service shop/web',
        '',
        'Address: 192.0.2.1 from pool blue',
        '',
        'Node n1: announced over BGP',
        '  192.0.2.1/32',
        '    PEER  NEIGHBOR  AS     LOCAL-PREF  COMMUNITIES  ADVERTISEMENT',
        '    r1    10.0.0.1  64512  200         64512:7      all',
        '    not to r2: its nodeSelectors leave this node out',
        '',
        'Node n2: announced over BGP',
        '  192.0.2.1/32',
        '    PEER  NEIGHBOR  AS     LOCAL-PREF  COMMUNITIES  ADVERTISEMENT',
        '    r1    10.0.0.1  64512  200         64512:7      all',
        '    r2    10.0.0.2  64513  200         64512:7      all',
      ].join('\n'),
    )
    const pending = await ferrule(['explain', 'shop/db'])
    assert.match(pending.stdout, /Address: <pending>\n.*\n {2}pool blue: all addresses .* in use/)
    assert.match(pending.stdout, /^Nodes n1, n2: not announced, no address is allocated yet$/m)
  })

  test('without a right to Secrets there is the same answer, and what is not known', async () => {
    const whole = await ferrule(['explain', 'shop/web'])
    const { exitCode, stdout } = await ferrule(['explain', 'shop/web'], ENGINEER)
    assert.equal(exitCode, 0)
    assert.ok(stdout.startsWith(whole.stdout))
    const more = stdout.slice(whole.stdout.length)
    assert.match(
      more,
      /^\n\nWhat you may not read, and what that means here:\n {2}secrets: passwords/,
    )
    assert.match(more.replaceAll(/\s+/g, ' '), /403 Forbidden: .*User "engineer"/)
    assert.doesNotMatch(more, /Objects that do not count/)
  })

  test('a password reaches only the configuration, and only of who may read it', async () => {
    const password = /^ *neighbor 10\.0\.0\.1 password (\S+)$/m
    const admin = await ferrule(['render', '--node', 'n1'])
    assert.equal(password.exec(admin.stdout)?.[1], PASSWORD)
    const engineer = await ferrule(['render', '--node', 'n1'], ENGINEER)
    assert.equal(password.exec(engineer.stdout)?.[1], '<not-readable>')
    assert.match(engineer.stderr, /^not read: secrets: passwords/m)
    for (const args of [
      ['explain', 'shop/web', '--json'],
      ['plan', '--node', 'n1', '--json'],
    ]) {
      const { stdout, stderr } = await ferrule(args)
      assert.doesNotMatch(stdout + stderr, new RegExp(`${PASSWORD}|${btoa(PASSWORD)}`))
    }
  })

  test('with the rights of one namespace its Services are explained', async () => {
    const { exitCode, stdout } = await ferrule(['explain', 'shop/web', '--node', 'n2'], TENANT)
    assert.equal(exitCode, 0)
    assert.match(stdout, /^Address: 192\.0\.2\.1 from pool blue$/m)
    assert.match(stdout, /^ {4}r1 +10\.0\.0\.1 .* all$/m)
    assert.match(stdout, /^ {4}not to r2: .* \(in doubt: nodes could not be read\)$/m)
    for (const kind of ['secrets', 'nodes', 'namespaces']) {
      assert.match(stdout, new RegExp(`^ {2}${kind}: `, 'm'))
    }
    for (const kind of ['services', 'endpointslices']) {
      assert.match(stdout, new RegExp(`^ {2}${kind}: outside of namespace shop `, 'm'))
    }
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.length > 100 && line.includes(' ', 8)),
      [],
    )
  })

  test('who may read nothing is told so', async () => {
    const { exitCode, stdout, stderr } = await ferrule(['explain', 'shop/web'], STRANGER)
    assert.equal(exitCode, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /^ferrule: Services cannot be read: .*403 Forbidden: .*"stranger"/m)
  })

  test('a name that is none, and which was meant', async () => {
    for (const [name, says] of [
      ['shop/wep', 'did you mean "shop/web"?'],
      ['web', 'there is shop/web'],
    ] as const) {
      const { exitCode, stderr } = await ferrule(['explain', name])
      assert.equal(exitCode, 2)
      assert.ok(stderr.endsWith(says), stderr)
    }
  })

  test('check: no problem, an object that makes no sense, a kind that may not be read', async () => {
    const good = await ferrule(['check'])
    assert.equal(good.exitCode, 0, good.stdout)
    assert.match(good.stdout, /^no problems; \d+ objects read$/)
    const blind = await ferrule(['check', '--json'], ENGINEER)
    assert.equal(blind.exitCode, 1)
    const [problem, ...others] = JSON.parse(blind.stdout)
    assert.deepEqual([problem.kind, problem.name, problem.code], ['API', 'secrets', 'forbidden'])
    assert.deepEqual(others, [])
    await server.kubectl('delete', 'secret', 'r1', '-n', OWN)
    const bad = await ferrule(['check'])
    assert.equal(bad.exitCode, 1)
    assert.match(bad.stdout, /^BGPPeer metallb-system\/r1\n {2}spec\.passwordSecret: Secret "r1"/m)
  })

  test('a server that is away is told in one line', async () => {
    await server.stop()
    const { exitCode, stderr } = await ferrule(['explain', 'shop/web'])
    assert.equal(exitCode, 1)
    assert.match(stderr, /\nferrule: cannot read the cluster: GET .*ECONNREFUSED[^\n]*$/)
  })
})

async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const main = join(ROOT, 'src/main.ts')
  const { exitCode, stdout, stderr } = await execa(process.execPath, [main, ...args], {
    ...{ reject: false, env: { METALLB_NAMESPACE: '', METALLB_NODE_NAME: '', ...env } },
  })
  return { exitCode, stdout, stderr }
}

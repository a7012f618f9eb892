// What is gathered of a cluster, from a real API server, by people of different rights: secrets are
// planted wherever people put them, and nothing that is written holds one.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { execa } from 'execa'
import { temporaryFolder } from '../support/folder.ts'
import { ROOT } from '../support/source.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutKube } from './support/commands.ts'

const OWN = 'metallb-system'
/** May read our configuration, but no Secret, no Pod and nothing outside of the namespace. */
const ENGINEER = 'engineer'
const SECRET = {
  peer: 'planted-in-a-peer',
  secret: 'planted-in-a-secret',
  gossip: 'planted-in-memberlist',
  extras: 'planted-in-bgpextras',
  annotation: 'planted-in-an-annotation',
  variable: 'planted-in-a-variable',
  key: 'cGxhbnRlZC1pbi1hLXByaXZhdGUta2V5',
}
const OBJECTS = `
{apiVersion: v1, kind: Node, metadata: {name: n1, annotations: {note: "it is ${SECRET.secret}"}}}
---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: blue, namespace: ${OWN}}
spec: {addresses: [192.0.2.0/24]}
---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata:
  name: r1
  namespace: ${OWN}
  annotations: {example.org/hint: 'password: ${SECRET.annotation}', example.org/old: ${SECRET.peer}}
spec: {myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.1, password: ${SECRET.peer}}
---
apiVersion: v1
kind: Secret
metadata: {name: r2, namespace: ${OWN}}
type: kubernetes.io/basic-auth
stringData: {username: bgp, password: ${SECRET.secret}}
---
apiVersion: v1
kind: Secret
metadata: {name: memberlist, namespace: ${OWN}}
stringData: {secretkey: ${SECRET.gossip}}
---
apiVersion: v1
kind: Secret
metadata: {name: metallb-webhook-cert, namespace: ${OWN}}
stringData:
  tls.key: "-----BEGIN PRIVATE KEY-----\\n${SECRET.key}\\n-----END PRIVATE KEY-----\\n"
---
apiVersion: v1
kind: ConfigMap
metadata: {name: bgpextras, namespace: ${OWN}}
data: {extras: "router bgp 64512\\n neighbor 10.0.0.1 password ${SECRET.extras}\\n neighbor 10.0.0.1 timers 3 9"}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {type: LoadBalancer, ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [10.1.0.1], nodeName: n1, conditions: {ready: true}}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: other, namespace: default, labels: {kubernetes.io/service-name: other}}
addressType: IPv4
endpoints: []
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: ${OWN}}}
---
apiVersion: v1
kind: Pod
metadata: {name: speaker-x1, namespace: ${OWN}, labels: {app: metallb, component: speaker}}
spec:
  nodeName: n1
  automountServiceAccountToken: false
  containers:
    - {name: speaker, image: a, env: [{name: BGP_PASSWORD, value: ${SECRET.variable}}]}
    - {name: frr, image: b}
---
apiVersion: v1
kind: Event
metadata: {name: pulled, namespace: ${OWN}}
involvedObject: {kind: Pod, name: speaker-x1, namespace: ${OWN}}
reason: Failed
message: it said ${SECRET.gossip}
`
const READ = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: read-configuration, namespace: ${OWN}}
rules:
  - {apiGroups: [metallb.io], resources: ['*'], verbs: [list]}
  - {apiGroups: [''], resources: [configmaps], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: engineer, namespace: ${OWN}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: read-configuration}
subjects: [{kind: User, name: ${ENGINEER}, apiGroup: rbac.authorization.k8s.io}]
`

suite('gathering a cluster', { skip: await skipWithoutKube() }, () => {
  const folder = temporaryFolder()
  let server: ApiServer
  before(async () => {
    server = await startApiServer({ dir: folder.dir, users: [ENGINEER] })
    await server.kubectl('apply', '--server-side', '-f', join(ROOT, 'manifests/crds'))
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
    await server.kubectl('create', 'namespace', OWN)
    folder.write('objects.yaml', OBJECTS)
    // As people do it, so that what they applied last is in an annotation.
    await server.kubectl('apply', '-f', folder.path('objects.yaml'))
    await server.apply(READ)
  })
  after(async () => {
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  async function gather(kubeconfig: string, name: string): Promise<Map<string, string>> {
    const dir = folder.path(name)
    const main = join(ROOT, 'src/main.ts')
    await execa(process.execPath, [main, 'must-gather', '--kubeconfig', kubeconfig, '--dir', dir])
    const found = readdirSync(dir, { recursive: true, withFileTypes: true })
    const files = found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
    return new Map(files.map((path) => [path.slice(dir.length + 1), readFileSync(path, 'utf8')]))
  }

  test('who may read everything gets everything but the secrets', async () => {
    const files = await gather((await server.access()).kubeconfig, 'admin')
    const own = `cluster/namespaces/${OWN}`
    for (const [path, what] of [
      [`${own}/bgppeers.yaml`, /password: "\*\*\*"/],
      [`${own}/bgppeers.yaml`, /last-applied-configuration: .*"password":"\*\*\*"/],
      [`${own}/secrets.yaml`, /data:\n {2}password: "\*\*\*"\n {2}username: "\*\*\*"/],
      [`${own}/configmaps.yaml`, /neighbor 10\.0\.0\.1 password \*\*\*/],
      [`${own}/configmaps.yaml`, /neighbor 10\.0\.0\.1 timers 3 9/],
      [`${own}/ipaddresspools.yaml`, /192\.0\.2\.0\/24/],
      [`${own}/pods.yaml`, /name: BGP_PASSWORD\n +value: "\*\*\*"/],
      [`${own}/events.yaml`, /message: it said \*\*\*/],
      ['cluster/everywhere/customresourcedefinitions.yaml', /name: bgppeers\.metallb\.io/],
      ['cluster/everywhere/nodes.yaml', /note: it is \*\*\*/],
      ['cluster/everywhere/services.yaml', /name: web/],
      ['cluster/everywhere/endpointslices.yaml', /10\.1\.0\.1/],
      ['cluster/version.txt', /gitVersion: v1/],
    ] as const) {
      assert.match(files.get(path) ?? `there is no ${path}`, what, path)
    }
    assert.doesNotMatch(files.get('cluster/everywhere/endpointslices.yaml')!, /name: other/)
    const index = files.get('index.txt')!
    // There is no kubelet: neither logs nor programs of a Pod.
    assert.match(index, /^pods\/speaker-x1\/speaker\.log: \S/m)
    assert.match(index, /^pods\/speaker-x1\/frr\/frr\.conf: \S/m)
    holdNone(files)
  })

  test('who may read little is told what is missing, and why', async () => {
    const files = await gather((await server.access(ENGINEER)).kubeconfig, ENGINEER)
    const own = `cluster/namespaces/${OWN}`
    assert.match(files.get(`${own}/bgppeers.yaml`)!, /password: "\*\*\*"/)
    const index = files.get('index.txt')!
    for (const kind of [`${own}/secrets`, `${own}/pods`, 'cluster/everywhere/nodes']) {
      assert.match(index, new RegExp(`^${kind}\\.yaml: no right to read it: .*forbidden`, 'm'))
    }
    // Without the right to Secrets their values are not known, nor in anything that is read.
    holdNone(files, ['peer', 'extras', 'annotation'])
  })
})

function holdNone(
  files: ReadonlyMap<string, string>,
  planted = Object.keys(SECRET) as (keyof typeof SECRET)[],
): void {
  for (const [path, text] of files) {
    for (const where of planted) {
      const secret = SECRET[where]
      assert.equal(text.includes(secret), false, `${path} holds what was planted: ${where}`)
      const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '')
      assert.equal(text.includes(base64), false, `${path} holds it as base64: ${where}`)
    }
  }
}

// What a real API server makes of the one file, and of Helm: taken at once, the same the second time, and
// what the controller and the users wrote stays, whatever is upgraded or goes.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { KubernetesObject } from '@kubernetes/client-node'
import { stringify } from 'yaml'
import { readBase } from '../../src/operator/base.ts'
import { buildObjects, type KubeObject, keyOf } from '../../src/operator/objects.ts'
import { pages } from '../support/docs/page.ts'
import { Reader } from '../support/docs/run.ts'
import { typedOn } from '../support/docs/tiers.ts'
import { temporaryFolder } from '../support/folder.ts'
import { installCases } from '../support/install-cases.ts'
import { ROOT } from '../support/source.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { kubeCommands, skipWithoutKube } from './support/commands.ts'
import { type Helm, openHelm, skipWithoutHelm } from './support/helm.ts'

const FILE = join(ROOT, 'manifests/install.yaml')
const CHART = join(ROOT, 'charts/ferrule')
const PAGE = 'docs/helm.md'
const RELEASE = ['ferrule', '-n', 'metallb-system']
const BASE = readBase()
const OBJECTS = buildObjects(BASE, {})
const skip = (await skipWithoutKube()) || (await skipWithoutHelm())

const asYaml = (objects: readonly KubeObject[]) =>
  objects.map((one) => stringify(one, { aliasDuplicateObjects: false })).join('---\n')

const POOL = {
  apiVersion: 'metallb.io/v1beta1',
  kind: 'IPAddressPool',
  metadata: { name: 'first', namespace: 'metallb-system' },
  spec: { addresses: ['192.0.2.0/24'] },
}
/** What the controller writes into what was installed. */
const WRITTEN = [
  ['secret/metallb-webhook-cert', '/data', { 'tls.crt': btoa('made later') }],
  ['crd/bgppeers.metallb.io', '/metadata/annotations/example.com~1seen', 'yes'],
  [
    'validatingwebhookconfiguration/metallb-webhook-configuration',
    '/webhooks/3/clientConfig/caBundle',
    'authority',
  ],
  ['crd/bgppeers.metallb.io', '/spec/conversion/webhook/clientConfig/caBundle', 'authority'],
] as const

suite('installing at a real API server', { skip }, () => {
  const folder = temporaryFolder()
  let server: ApiServer
  let helm: Helm
  let authority: string
  before(async () => {
    server = await startApiServer({ dir: folder.path('server') })
    helm = await openHelm(folder.path('helm'), server.kubeconfig)
    authority = btoa((await server.access()).authority)
    folder.write('objects.yaml', asYaml(OBJECTS))
  })
  after(async () => {
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** What stands of all that is to be installed, with versions. */
  async function standing(): Promise<KubernetesObject[]> {
    const show = ['-o', 'json', '--ignore-not-found', '--show-managed-fields']
    const said = await server.kubectl('get', ...show, '-f', folder.path('objects.yaml'))
    return said === '' ? [] : JSON.parse(said).items
  }
  const keysOf = (objects: readonly KubernetesObject[]) =>
    objects.map((one) => `${one.kind}/${one.metadata!.name}`).toSorted()
  const versionsOf = (objects: readonly KubernetesObject[]) =>
    objects.map((one) => `${one.kind}/${one.metadata!.name} ${one.metadata!.resourceVersion}`)

  async function writeAsController(): Promise<void> {
    for (const [what, path, value] of WRITTEN) {
      const patch = [{ op: 'add', path, value: value === 'authority' ? authority : value }]
      const as = ['--type=json', '-p', JSON.stringify(patch), '--field-manager=controller']
      await server.kubectl('patch', '-n', 'metallb-system', what, ...as)
    }
  }

  test('the one file is taken at once, and changes nothing the second time', async () => {
    await server.kubectl('apply', '--server-side', '-f', FILE)
    const first = await standing()
    assert.deepEqual(keysOf(first), OBJECTS.map(keyOf).toSorted())
    await server.kubectl('apply', '--server-side', '-f', FILE)
    assert.deepEqual(await standing(), first)
  })

  test('whatever settings make of an object is taken as well', async () => {
    const plain = new Map(OBJECTS.map((one) => [keyOf(one), JSON.stringify(one)]))
    const made = installCases()
      .flatMap(({ settings }) => buildObjects(BASE, settings))
      .filter((one) => plain.get(keyOf(one)) !== JSON.stringify(one))
      // Prometheus' operator is not here; what Helm renders of its kinds is compared without it.
      .filter(({ apiVersion }) => !apiVersion.startsWith('monitoring.coreos.com/'))
    const said = await server.apply(asYaml(made), '--dry-run=server')
    assert.equal(said.trim().split('\n').length, made.length)
  })

  test('what was installed so goes on with Helm, and nothing of it is made anew', async () => {
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
    await server.apply(JSON.stringify(POOL))
    const uids = (await standing()).map((one) => one.metadata!.uid)
    await helm.run(['install', ...RELEASE, CHART, '--take-ownership'])
    assert.deepEqual(
      (await standing()).map((one) => one.metadata!.uid),
      uids,
    )
    await writeAsController()
  })

  test('upgrading without a change writes nothing', async () => {
    const before = versionsOf(await standing())
    await helm.run(['upgrade', ...RELEASE, CHART])
    assert.deepEqual(versionsOf(await standing()), before)
  })

  test('upgrading changes what a value says, and nothing that the controller wrote', async () => {
    const others = async () =>
      versionsOf(await standing()).filter((one) => !one.startsWith('Deployment/'))
    const before = await others()
    await helm.run(['upgrade', ...RELEASE, CHART, '--set', 'controller.replicas=3'])
    assert.deepEqual(await others(), before)
    const show = ['-n', 'metallb-system', '-o', 'jsonpath={.spec.replicas}']
    assert.equal(await server.kubectl('get', 'deployment/controller', ...show), '3')
  })

  test('definitions and what users wrote are there when Helm has taken its own away', async () => {
    const said = await helm.run(['uninstall', ...RELEASE])
    assert.match(said, /kept due to the resource policy/)
    const definitions = OBJECTS.filter(({ kind }) => kind === 'CustomResourceDefinition')
    const left = (await standing()).filter(({ kind }) => kind !== 'Namespace')
    assert.deepEqual(keysOf(left), definitions.map(keyOf).toSorted())
    const pool = await server.kubectl('get', '-n', 'metallb-system', 'ipaddresspool/first')
    assert.match(pool, /first/)
  })

  test('Helm comes again, and finds them', async () => {
    await helm.run(['install', ...RELEASE, CHART])
    assert.deepEqual(keysOf(await standing()), OBJECTS.map(keyOf).toSorted())
    await helm.run(['uninstall', ...RELEASE])
  })

  test('the commands of the page do what it says', async () => {
    const page = pages().find(({ path }) => path === PAGE)!
    const { kubectl } = await kubeCommands(() => {})
    const { program, run } = helm
    using reader = new Reader(page, {
      ...{ kubectl, helm: program, kubeconfig: server.kubeconfig, names: [] },
    })
    for (const typed of typedOn(page)) {
      // The page speaks of who installed it in another way.
      if (typed.text.includes('--take-ownership')) {
        await run(['uninstall', ...RELEASE])
        await server.kubectl('apply', '--server-side', '-f', FILE)
      }
      await reader.run(typed)
    }
    await run(['uninstall', ...RELEASE])
  })

  test('without the definition of a ServiceMonitor Helm says so, and installs nothing', async () => {
    const set = ['--set', 'prometheus.serviceMonitor.enabled=true']
    const failed = helm.run(['install', ...RELEASE, CHART, ...set])
    await assert.rejects(failed, /no matches for kind "ServiceMonitor"/)
    const left = (await standing()).map(({ kind }) => kind)
    assert.deepEqual([...new Set(left)].toSorted(), ['CustomResourceDefinition', 'Namespace'])
  })

  test('from nothing Helm makes the namespace, and notes tell what comes next', async () => {
    await server.kubectl('delete', 'crd', '--all')
    const [name, , namespace] = ['other', '-n', 'load-balancer']
    const args = ['install', name!, CHART, '-n', namespace!, '--create-namespace']
    assert.match(await helm.run(args), /kubectl apply -n load-balancer/)
    const show = ['-n', 'load-balancer', '-o', 'name']
    const made = await server.kubectl('get', 'deployments,daemonsets', ...show)
    assert.equal(made.trim(), 'deployment.apps/controller\ndaemonset.apps/speaker')
  })
})

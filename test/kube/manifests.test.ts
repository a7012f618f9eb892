// manifests/ at a real API server: it takes all of them, changes nothing the second time, leaves alone
// what the controller fills in, and would start the Pods. What the accounts may do is in manifests-rights.test.ts.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { KubernetesObject } from '@kubernetes/client-node'
import { temporaryFolder } from '../support/folder.ts'
import { installed, type Manifest } from '../support/manifests.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutKube } from './support/commands.ts'

const MANIFESTS = join(import.meta.dirname, '../../manifests')

suite('the manifests at a real API server', { skip: await skipWithoutKube() }, () => {
  const folder = temporaryFolder()
  let server: ApiServer
  let rendered: string
  before(async () => {
    server = await startApiServer({ dir: folder.path('server') })
    rendered = await server.kubectl('kustomize', MANIFESTS)
    await server.apply(rendered)
    for (const one of strict()) await server.apply(JSON.stringify(one))
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
  })
  after(async () => {
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** Everything that was installed, as it stands now, with its version and who wrote which field. */
  async function standing(): Promise<KubernetesObject[]> {
    folder.write('installed.yaml', rendered)
    const show = ['-o', 'json', '--show-managed-fields']
    return JSON.parse(await server.kubectl('get', ...show, '-f', folder.path('installed.yaml')))
      .items
  }

  test('every object stands, and installing again changes none', async () => {
    const before = await standing()
    assert.deepEqual(
      before.map(({ kind, metadata }) => `${kind} ${metadata!.name}`).toSorted(),
      installed()
        .map(({ kind, name }) => `${kind} ${name}`)
        .toSorted(),
    )
    await server.apply(rendered)
    assert.deepEqual(await standing(), before)
    // Nor would anything be changed in the eyes of who asks first.
    assert.equal(
      await server.kubectl('diff', '--server-side', '-f', folder.path('installed.yaml')),
      '',
    )
  })

  for (const [what, path, value] of [
    ['secret/metallb-webhook-cert', '/data', { 'tls.crt': btoa('made later') }],
    [
      'validatingwebhookconfiguration/metallb-webhook-configuration',
      '/webhooks/0/clientConfig/caBundle',
      'authority',
    ],
    ['crd/bgppeers.metallb.io', '/spec/conversion/webhook/clientConfig/caBundle', 'authority'],
    ['crd/addresspools.metallb.io', '/spec/conversion/webhook/clientConfig/caBundle', 'authority'],
  ] as const) {
    test(`installing again leaves ${path} of ${what} as the controller wrote it`, async () => {
      const authority = btoa((await server.access()).authority)
      const patch = [{ op: 'add', path, value: value === 'authority' ? authority : value }]
      const given = ['--type=json', '-p', JSON.stringify(patch), '--field-manager=controller']
      await server.kubectl('patch', '-n', 'metallb-system', what, ...given)
      const before = await standing()
      await server.apply(rendered)
      assert.deepEqual(await standing(), before)
    })
  }

  for (const [name, namespace, passes] of [
    ['controller', 'metallb-system', true],
    ['speaker', 'metallb-system', true],
    // As namespace.yaml says: the controller alone would pass the strictest level.
    ['controller', 'strict', true],
    ['speaker', 'strict', false],
  ] as const) {
    test(`a Pod of the ${name} is ${passes ? 'taken' : 'refused'} in ${namespace}`, async () => {
      const { template } = workload(name).object.spec
      const pod = { ...object('Pod', `trial-${name}`, namespace), spec: template.spec }
      const trial = server.apply(JSON.stringify(pod), '--dry-run=server')
      if (passes) assert.match(await trial, /serverside-applied/)
      else await assert.rejects(trial, /violates PodSecurity "restricted:latest"/)
    })
  }
})

/** A namespace as strict as Kubernetes knows, with our accounts. */
function strict(): object[] {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  const accounts = ['controller', 'speaker'].map((one) => object('ServiceAccount', one, 'strict'))
  const namespace = object('Namespace', 'strict')
  return [{ ...namespace, metadata: { ...namespace.metadata, labels } }, ...accounts]
}

const workload = (wanted: string): Manifest =>
  installed().find(({ kind, name }) => /Deployment|DaemonSet/.test(kind) && name === wanted)!

const object = (kind: string, name: string, namespace?: string) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace },
})

// Every way to install yields the same objects: kustomize, the one file, Helm, and what the operator
// would apply; with settings as well as without. And what a real API server makes of the file and of Helm.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { execa } from 'execa'
import { parseAllDocuments, stringify } from 'yaml'
import { readBase } from '../../src/operator/base.ts'
import { buildObjects, type KubeObject, keyOf } from '../../src/operator/objects.ts'
import type { Settings } from '../../src/operator/settings.ts'
import { temporaryFolder } from '../support/folder.ts'
import { installCases } from '../support/install-cases.ts'
import { ROOT, read } from '../support/source.ts'
import { kubeCommands, skipWithoutKube } from './support/commands.ts'
import { type Helm, openHelm, skipWithoutHelm } from './support/helm.ts'

const CHART = join(ROOT, 'charts/ferrule')
const BASE = readBase()
const skip = (await skipWithoutKube()) || (await skipWithoutHelm())

function objectsIn(yaml: string): KubeObject[] {
  const documents = parseAllDocuments(yaml)
  const all = 'empty' in documents ? [] : documents
  return all.map((one) => one.toJS() as KubeObject | null).filter((one) => one !== null)
}

const byKey = (objects: readonly KubeObject[]) =>
  new Map(objects.map((one): [string, unknown] => [keyOf(one), meant(one)]).toSorted())

/** The namespace is made before Helm comes, and Helm alone has a word about what it leaves behind. */
const byHelm = (objects: readonly KubeObject[]) =>
  byKey(objects.filter(({ kind }) => kind !== 'Namespace'))

/** An empty map, an empty list and nothing mean the same to the API server. */
function meant(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meant)
  if (typeof value !== 'object' || value === null) return value
  const said = Object.entries(value)
    .filter(([key]) => key !== 'helm.sh/resource-policy')
    .map(([key, one]) => [key, meant(one)] as const)
  return Object.fromEntries(said.filter(([key, one]) => KEPT_EMPTY.has(key) || !isNothing(one)))
}

/** `emptyDir: {}` is a kind of volume. */
const KEPT_EMPTY = new Set(['emptyDir'])
const isNothing = (value: unknown) =>
  value === undefined ||
  value === null ||
  (typeof value === 'object' && Object.keys(value).length === 0)

suite('ways to install', { skip }, () => {
  const folder = temporaryFolder()
  let helm: Helm
  before(async () => {
    helm = await openHelm(folder.path('helm'))
  })
  after(() => folder[Symbol.dispose]())

  const template = async (...args: string[]) =>
    objectsIn(await helm.run(['template', 'any', CHART, '-n', 'metallb-system', ...args]))

  test('kustomize, the one file and no settings are the same', async () => {
    const { kubectl } = await kubeCommands(() => {})
    const { stdout } = await execa(kubectl, ['kustomize', join(ROOT, 'manifests')])
    const plain = byKey(buildObjects(BASE, {}))
    assert.deepEqual(byKey(objectsIn(stdout)), plain)
    assert.deepEqual(byKey(objectsIn(read('manifests/install.yaml'))), plain)
  })

  test('the chart as it is yields the same', async () => {
    assert.deepEqual(byHelm(await template()), byHelm(buildObjects(BASE, {})))
  })

  for (const { name, path, settings } of installCases()) {
    test(`the chart with values ${name} yields what those settings do`, async () => {
      assert.deepEqual(byHelm(await template('-f', path)), byHelm(buildObjects(BASE, settings)))
    })
  }

  test('in another namespace as well, alerts included', async () => {
    const settings: Settings = { prometheus: { prometheusRule: { enabled: true } } }
    folder.write('alerts.yaml', stringify(settings))
    const values = ['-n', 'load-balancer', '-f', folder.path('alerts.yaml')]
    const wanted = buildObjects(BASE, { ...settings, namespace: 'load-balancer' })
    assert.deepEqual(byHelm(await template(...values)), byHelm(wanted))
  })

  test('Helm finds nothing to complain of', async () => {
    const said = await helm.run(['lint', '--strict', CHART])
    assert.match(said, /1 chart\(s\) linted, 0 chart\(s\) failed/)
    assert.doesNotMatch(said, /WARNING|ERROR/)
  })

  test('only definitions stay when the chart goes', async () => {
    const objects = await template()
    const staying = objects.filter(
      ({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'] === 'keep',
    )
    assert.deepEqual(
      staying.map(keyOf),
      objects.filter(({ kind }) => kind === 'CustomResourceDefinition').map(keyOf),
    )
  })

  const refusal = async (values: object): Promise<string> => {
    folder.write('refused.yaml', stringify(values))
    return await template('-f', folder.path('refused.yaml')).then(
      () => 'taken',
      (error: Error) => error.message,
    )
  }

  for (const [values, said] of [
    [{ nameOverride: 'other' }, /nameOverride: names are fixed/],
    [{ frrk8s: { enabled: true } }, /frrk8s\.enabled: there is no frr-k8s/],
    [{ speaker: { frr: { enabled: false } } }, /speaker\.frr\.enabled: BGP is spoken by FRR/],
    [{ speaker: { frr: { metricsPort: 9200 } } }, /speaker\.frr\.metricsPort: /],
    [{ controller: { enabled: false } }, /controller\.enabled: without the controller/],
    [{ controller: { command: '/controller' } }, /controller\.command: /],
    [{ speaker: { bgpDebounceTimeout: 100 } }, /speaker\.bgpDebounceTimeout: nothing waits/],
    [{ prometheus: { podMonitor: { enabled: true } } }, /there is no PodMonitor/],
    [
      { speaker: { image: { repository: 'quay.io/metallb/speaker' } } },
      /quay\.io\/metallb\/speaker is MetalLB's image/,
    ],
    [{ speaker: { readinessProbe: { port: 1234 } } }, /one port is asked for both/],
    // What nobody knows is a misspelling.
    [{ speaker: { loglevel: 'debug' } }, /additional properties 'loglevel' not allowed/],
    [{ controller: { logLevel: 'loud' } }, /controller\/logLevel/],
    [{ controller: { replicas: 0 } }, /controller\/replicas/],
    [{ loadBalancerClass: 'a b' }, /loadBalancerClass/],
  ] as const) {
    test(`Helm refuses ${JSON.stringify(values)}`, async () => {
      assert.match(await refusal(values), said)
    })
  }

  test('all that is refused is said at once', async () => {
    const said = await refusal({ nameOverride: 'other', frrk8s: { external: true } })
    assert.match(said, /nameOverride: /)
    assert.match(said, /frrk8s\.external: /)
  })

  test('what MetalLB says in its own values.yaml passes, but for its images and its backend', async () => {
    const objects = await template('-f', join(ROOT, 'test/install/metallb.yaml'))
    const wanted = buildObjects(BASE, {
      prometheus: { scrapeAnnotations: false },
      controller: { strategy: { type: 'RollingUpdate' }, ...probes },
      speaker: { updateStrategy: { type: 'RollingUpdate' }, ...probes },
    })
    assert.deepEqual(byHelm(objects), byHelm(wanted))
  })
})

const probe = { failureThreshold: 3, initialDelaySeconds: 10, periodSeconds: 10, timeoutSeconds: 1 }
const probes = { livenessProbe: probe, readinessProbe: probe }

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { INSTALLATION_FIELDS, valueAt } from '../../test/support/installation-fields.ts'
import { read } from '../../test/support/source.ts'
import { MetalLbSpec } from '../api/metallb.ts'
import { readBase } from './base.ts'
import { type Given, isOperated, notesOf, refusalOf, settingsOf } from './installation.ts'
import { buildObjects, keyOf } from './objects.ts'
import { Settings } from './settings.ts'

const GIVEN: Given = {
  namespace: 'metallb-system',
  controllerImage: 'registry.example:5000/ferrule:v1',
  speakerImage: 'registry.example:5000/ferrule@sha256:0123',
  frrImage: 'registry.example/ferrule-frr',
  pullSecrets: [],
  ...{ memberlistPort: 7946, metricsPort: 9120, healthPort: 17472 },
  ...{ tlsMinVersion: '', tlsCipherSuites: '', tlsCurvePreferences: '' },
}
const BASE = readBase()

function installed(spec: object, given: Partial<Given> = {}) {
  const settings = settingsOf(MetalLbSpec.parse(spec), { ...GIVEN, ...given })
  assert.equal(Settings.safeParse(settings).error, undefined)
  return new Map(buildObjects(BASE, settings).map((one) => [keyOf(one), one]))
}
const specOf = (workload: string, ...from: Parameters<typeof installed>) =>
  valueAt(installed(...from).get(workload), ['spec', 'template', 'spec'])

for (const { field, spec, shows, note } of INSTALLATION_FIELDS) {
  test(`${field}: shows where the page says`, () => {
    const before = installed({})
    const after = installed(spec)
    for (const { object, path, value } of shows) {
      assert.deepEqual(valueAt(after.get(object), path), value)
    }
    const changed = [...after].filter(
      ([key, object]) => JSON.stringify(object) !== JSON.stringify(before.get(key)),
    )
    const objects = [...new Set(shows.map(({ object }) => object))]
    assert.deepEqual(changed.map(([key]) => key).toSorted(), objects.toSorted())
    assert.deepEqual(notesOf(MetalLbSpec.parse(spec)), note ? [note] : [])
  })
}

test('the page has a row for each, in these words', () => {
  const rows = [...read('docs/operator.md').matchAll(/^\| `([\w.]+)` \| ([^|]+) \|$/gm)]
  assert.deepEqual(
    rows.map(([, field, where]) => [field, where]),
    INSTALLATION_FIELDS.map(({ field, where }) => [field, where]),
  )
})

test('no field of the object is left out', () => {
  const names = fieldsIn(MetalLbSpec)
  assert.deepEqual(INSTALLATION_FIELDS.map(({ field }) => field).toSorted(), names.toSorted())
})

/** Groups by their fields; what Kubernetes defines is one field. */
function fieldsIn(schema: z.ZodObject): string[] {
  return Object.entries<z.ZodType>(schema.shape).flatMap(([name, field]) => {
    const inner = field instanceof z.ZodOptional ? (field.unwrap() as z.ZodType) : field
    if (!(inner instanceof z.ZodObject) || inner.meta()?.title) return [name]
    return fieldsIn(inner).map((one) => `${name}.${one}`)
  })
}

test('what the operator was told: images, ports, how its Pods are pulled', () => {
  const given = {
    ...{ pullSecrets: ['registry'], memberlistPort: 7947, metricsPort: 9200, healthPort: 17473 },
    ...{ tlsMinVersion: 'VersionTLS12', tlsCipherSuites: 'TLS_A,TLS_B' },
  }
  const speaker = specOf('DaemonSet/speaker', {}, given)
  assert.deepEqual(valueAt(speaker, ['imagePullSecrets']), [{ name: 'registry' }])
  assert.equal(valueAt(speaker, ['containers', 0, 'image']), GIVEN.speakerImage)
  assert.equal(valueAt(speaker, ['containers', 1, 'image']), 'registry.example/ferrule-frr:latest')
  assert.equal(valueAt(speaker, ['containers', 0, 'livenessProbe', 'httpGet', 'port']), 17473)
  const ports = valueAt(speaker, ['containers', 0, 'ports']) as { containerPort: number }[]
  assert.deepEqual(
    ports.map(({ containerPort }) => containerPort),
    [7472, 9200, 7947, 7947],
  )
  const controller = specOf('Deployment/controller', {}, given)
  assert.equal(valueAt(controller, ['containers', 0, 'image']), GIVEN.controllerImage)
  const args = valueAt(controller, ['containers', 0, 'args']) as string[]
  for (const flag of [
    '--port=9200',
    '--tls-min-version=VersionTLS12',
    '--tls-cipher-suites=TLS_A,TLS_B',
  ]) {
    assert.ok(args.includes(flag), `${flag} in ${args}`)
  }
})

test('rights, accounts and definitions are not the operator’s to write', () => {
  const kinds = new Set([...installed({}).values()].filter(isOperated).map(({ kind }) => kind))
  assert.deepEqual([...kinds].toSorted(), [
    ...['ConfigMap', 'DaemonSet', 'Deployment', 'PodDisruptionBudget', 'Secret', 'Service'],
    'ValidatingWebhookConfiguration',
  ])
})

test('what MetalLB finds its Pods by is the same, whatever is asked for', () => {
  for (const { spec } of INSTALLATION_FIELDS) {
    const objects = installed(spec)
    for (const key of ['Deployment/controller', 'DaemonSet/speaker']) {
      const component = key.split('/')[1]
      const selector = valueAt(objects.get(key), ['spec', 'selector', 'matchLabels'])
      assert.deepEqual(selector, { app: 'metallb', component })
    }
  }
})

for (const [spec, expected] of [
  [{}, undefined],
  [{ bgpBackend: 'frr-k8s' }, undefined],
  [
    { bgpBackend: 'frr-k8s-external', frrk8sConfig: { namespace: 'frr' } },
    /namespace frr would contend .* Nothing was changed/,
  ],
] as const) {
  test(`served: ${JSON.stringify(spec)}: ${expected ? 'no' : 'yes'}`, () => {
    const refusal = refusalOf(MetalLbSpec.parse(spec))
    if (expected) assert.match(refusal ?? '', expected)
    else assert.equal(refusal, undefined)
  })
}

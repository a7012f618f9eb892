import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configurations, definitions } from './ca-bundle.ts'

const OURS = 'the authority\n'
const WANTED = { bundle: OURS, isEnough: (bundle: string) => bundle.includes(OURS) }
const TEXT = btoa(OURS)
const OLD = btoa('old')
const BOTH = btoa(`old${OURS}`)

const webhook = (name: string, caBundle?: string) => ({
  name,
  clientConfig: { service: { name: 's', namespace: 'n' }, ...(caBundle ? { caBundle } : {}) },
})

test('each webhook that says too little gets the bundle, the others are left alone', () => {
  const webhooks = [webhook('a', TEXT), webhook('b'), webhook('c', OLD), webhook('d', BOTH)]
  assert.deepEqual(configurations.patch({ webhooks }, WANTED), [
    { op: 'test', path: '/webhooks/1/name', value: 'b' },
    { op: 'add', path: '/webhooks/1/clientConfig/caBundle', value: TEXT },
    { op: 'test', path: '/webhooks/2/name', value: 'c' },
    { op: 'add', path: '/webhooks/2/clientConfig/caBundle', value: TEXT },
  ])
  assert.deepEqual(configurations.told({ webhooks }), {
    bundles: [OURS, '', 'old', `old${OURS}`],
    isInjected: false,
  })
})

test('a configuration without webhooks needs nothing', () => {
  assert.deepEqual(configurations.patch({}, WANTED), [])
})

for (const [what, conversion, expected] of [
  ['no conversion', undefined, 0],
  ['a conversion by the API server itself', { strategy: 'None' }, 0],
  ['a webhook with the bundle', { webhook: { clientConfig: { caBundle: TEXT } } }, 0],
  ['a webhook with that and another', { webhook: { clientConfig: { caBundle: BOTH } } }, 0],
  ['a webhook without', { webhook: { clientConfig: { service: {} } } }, 1],
  ['a webhook with another', { webhook: { clientConfig: { caBundle: OLD } } }, 1],
] as const) {
  test(`a definition: ${what}`, () => {
    const path = '/spec/conversion/webhook/clientConfig/caBundle'
    const patch = [{ op: 'add', path, value: TEXT }]
    assert.deepEqual(definitions.patch({ spec: { conversion } }, WANTED), patch.slice(0, expected))
  })
}

for (const annotation of [
  'inject-ca-from',
  'inject-ca-from-secret',
  'inject-apiserver-ca',
] as const) {
  test(`cert-manager fills it in: ${annotation}`, () => {
    const annotations = { [`cert-manager.io/${annotation}`]: 'ns/name' }
    const metadata = { annotations }
    const clientConfig = {}
    const configuration = { metadata, webhooks: [webhook('a', OLD)] }
    const definition = { metadata, spec: { conversion: { webhook: { clientConfig } } } }
    assert.deepEqual(configurations.patch(configuration, WANTED), [])
    assert.deepEqual(definitions.patch(definition, WANTED), [])
    assert.deepEqual(configurations.told(configuration), { bundles: ['old'], isInjected: true })
    assert.deepEqual(definitions.told(definition), { bundles: [''], isInjected: true })
  })
}

test('an annotation that says nothing is none', () => {
  const metadata = { annotations: { 'cert-manager.io/inject-ca-from': '' } }
  assert.equal(configurations.patch({ metadata, webhooks: [webhook('a')] }, WANTED).length, 2)
})

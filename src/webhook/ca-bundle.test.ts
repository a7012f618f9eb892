import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configurationPatch, definitionPatch } from './ca-bundle.ts'

const BUNDLE = 'the authority\n'
const TEXT = Buffer.from(BUNDLE).toString('base64')
const webhook = (name: string, caBundle?: string) => ({
  name,
  clientConfig: { service: { name: 's', namespace: 'n' }, ...(caBundle ? { caBundle } : {}) },
})

test('each webhook without the bundle gets it, the others are left alone', () => {
  const webhooks = [webhook('a', TEXT), webhook('b'), webhook('c', 'b2xk')]
  assert.deepEqual(configurationPatch({ webhooks }, BUNDLE), [
    { op: 'test', path: '/webhooks/1/name', value: 'b' },
    { op: 'add', path: '/webhooks/1/clientConfig/caBundle', value: TEXT },
    { op: 'test', path: '/webhooks/2/name', value: 'c' },
    { op: 'add', path: '/webhooks/2/clientConfig/caBundle', value: TEXT },
  ])
})

test('a configuration without webhooks needs nothing', () => {
  assert.deepEqual(configurationPatch({}, BUNDLE), [])
})

for (const [what, conversion, expected] of [
  ['no conversion', undefined, 0],
  ['a conversion by the API server itself', { strategy: 'None' }, 0],
  ['a webhook with the bundle', { webhook: { clientConfig: { caBundle: TEXT } } }, 0],
  ['a webhook without', { webhook: { clientConfig: { service: {} } } }, 1],
  ['a webhook with another', { webhook: { clientConfig: { caBundle: 'b2xk' } } }, 1],
] as const) {
  test(`a definition: ${what}`, () => {
    const path = '/spec/conversion/webhook/clientConfig/caBundle'
    const patch = [{ op: 'add', path, value: TEXT }]
    assert.deepEqual(definitionPatch({ spec: { conversion } }, BUNDLE), patch.slice(0, expected))
  })
}

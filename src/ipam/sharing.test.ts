import assert from 'node:assert/strict'
import { test } from 'node:test'
import { service } from '../../test/support/build.ts'
import { termsOf, whyNotShared } from './sharing.ts'

interface Given {
  readonly key?: string
  readonly ports?: (number | object)[]
  readonly selector?: Record<string, string>
  readonly local?: boolean
  readonly namespace?: string
}

const terms = ({ key = 'k', ports = [80], selector = { app: 'x' }, local, namespace }: Given) =>
  termsOf(
    service(
      'web',
      { ports, selector, externalTrafficPolicy: local ? 'Local' : 'Cluster' },
      {
        annotations: { 'metallb.io/allow-shared-ip': key },
        ...(namespace ? { namespace } : {}),
      },
    ),
  )

const other = { ports: [443] }
for (const [title, a, b, shared] of [
  ['same key, other port', {}, other, true],
  ['same key, same port', {}, {}, false],
  ['same port of another protocol', {}, { ports: [{ port: 80, protocol: 'UDP' }] }, true],
  ['one of several ports the same', { ports: [80, 81] }, { ports: [81, 82] }, false],
  ['another key', {}, { ...other, key: 'other' }, false],
  ['no key on one side', {}, { ...other, key: '' }, false],
  ['no key on either side', { key: '' }, { ...other, key: '' }, false],
  ['Services of two namespaces', {}, { ...other, namespace: 'elsewhere' }, true],
  ['cluster-wide traffic, other pods', {}, { ...other, selector: { app: 'y' } }, true],
  ['local traffic, same pods', { local: true }, { ...other, local: true }, true],
  [
    'local traffic, same pods in another order',
    { local: true, selector: { a: '1', b: '2' } },
    { ...other, local: true, selector: { b: '2', a: '1' } },
    true,
  ],
  [
    'local traffic, other pods',
    { local: true },
    { ...other, local: true, selector: { app: 'y' } },
    false,
  ],
  ['local beside cluster-wide', { local: true }, other, false],
  [
    'local without a selector beside cluster-wide',
    { local: true, selector: {} },
    { ...other, selector: {} },
    false,
  ],
] as [string, Given, Given, boolean][]) {
  test(`sharing an address: ${title}`, () => {
    assert.equal(whyNotShared(terms(a), terms(b)) === undefined, shared)
    assert.equal(whyNotShared(terms(b), terms(a)) === undefined, shared)
  })
}

test('the deprecated annotation is read where the new one is not there', () => {
  const key = (annotations: Record<string, string>) =>
    termsOf(service('web', {}, { annotations })).sharing
  const old = { 'metallb.universe.tf/allow-shared-ip': 'old' }
  assert.equal(key(old), 'old')
  assert.equal(key({ ...old, 'metallb.io/allow-shared-ip': '' }), '')
})

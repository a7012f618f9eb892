import assert from 'node:assert/strict'
import test from 'node:test'
import type { RawObject } from '../api/kinds.ts'
import { signatureOf, slim } from './slim.ts'

const object = (kind: string, metadata: object, rest: object = {}): RawObject =>
  ({ apiVersion: 'v1', kind, metadata: { name: 'x', ...metadata }, ...rest }) as RawObject

const NOISE = {
  managedFields: [{ manager: 'kubectl' }],
  annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{…}', mine: 'kept' },
}

test('who wrote what, and what was applied, is nobody’s business', () => {
  const { metadata } = slim(object('Service', NOISE))
  assert.deepEqual(metadata, { name: 'x', annotations: { mine: 'kept' } })
})

const secret = (type: string) => {
  const data = { password: 'cGFzcw==', 'tls.key': 'c2VjcmV0' }
  return slim(object('Secret', {}, { type, data })) as { type?: string; data?: object }
}

test('of a Secret that is no password, nothing secret is kept', () => {
  const key = secret('kubernetes.io/tls')
  assert.equal(key.type, 'kubernetes.io/tls')
  assert.equal(key.data, undefined)
})

for (const type of ['kubernetes.io/basic-auth', 'Opaque']) {
  test(`of a Secret of type ${type}, the password and nothing else is kept`, () => {
    assert.deepEqual(secret(type).data, { password: 'cGFzcw==' })
  })
}

test('of an EndpointSlice: addresses, conditions, nodes', () => {
  const endpoint = { addresses: ['10.1.0.1'], conditions: { ready: true }, nodeName: 'n1' }
  const given = { ...endpoint, targetRef: { name: 'pod' }, zone: 'z' }
  const labels = { 'kubernetes.io/service-name': 'web' }
  const whole = object('EndpointSlice', { labels, ...NOISE }, { endpoints: [given], ports: [{}] })
  assert.deepEqual(slim(whole), {
    ...{ apiVersion: 'v1', kind: 'EndpointSlice', metadata: { name: 'x', labels } },
    endpoints: [endpoint],
  })
})

const nodeAt = (time: string, status = 'False') => {
  const conditions = [{ type: 'NetworkUnavailable', status, lastHeartbeatTime: time }]
  return object('Node', { resourceVersion: time, labels: { a: 'b' } }, { status: { conditions } })
}
const pool = (spec: object, more: object = {}, labels = {}) =>
  object('IPAddressPool', { resourceVersion: String(Math.random()), labels }, { spec, ...more })

for (const [name, a, b, isSame] of [
  ['a Node, at its next heartbeat', nodeAt('1'), nodeAt('2'), true],
  ['a Node that lost its network', nodeAt('1'), nodeAt('2', 'True'), false],
  ['a pool with another status', pool({ a: 1 }), pool({ a: 1 }, { status: { free: 1n } }), true],
  ['a pool with another spec', pool({ a: 1 }), pool({ a: 2 }), false],
  ['a pool with another label', pool({ a: 1 }), pool({ a: 1 }, {}, { b: 'c' }), false],
  [
    'a Service in another version: a write names it',
    object('Service', { resourceVersion: '1' }),
    object('Service', { resourceVersion: '2' }),
    false,
  ],
] as const) {
  test(`the same again? ${name}`, () => {
    assert.equal(signatureOf(slim(a)) === signatureOf(slim(b)), isSame)
  })
}

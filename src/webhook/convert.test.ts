import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ConversionReview, convert } from './convert.ts'

type Fields = Record<string, unknown>

const V1BETA1 = 'metallb.io/v1beta1'
const V1BETA2 = 'metallb.io/v1beta2'
const KEPT = 'metallb.io/bgppeer-v1beta2-fields'

const object = (apiVersion: string, spec?: Fields, kind = 'BGPPeer', metadata: Fields = {}) => ({
  apiVersion,
  kind,
  metadata: { name: 'r1', namespace: 'metallb-system', uid: 'u', ...metadata },
  ...(spec ? { spec } : {}),
})

const asked = (desiredAPIVersion: string, objects: unknown[], version = 'v1') => ({
  apiVersion: `apiextensions.k8s.io/${version}`,
  kind: 'ConversionReview',
  request: { uid: 'review-1', desiredAPIVersion, objects },
})

function answerTo(body: unknown): ConversionReview {
  const answer = convert(body)
  assert.ok(!('refused' in answer), 'a review is answered')
  return answer
}

type Converted = ReturnType<typeof object> & { metadata: { annotations?: Fields } }

function to(desired: string, ...objects: unknown[]): Converted[] {
  const { result, convertedObjects } = answerTo(asked(desired, objects)).response
  assert.deepEqual(result, { status: 'Success' })
  return convertedObjects as Converted[]
}

const specOf = (one?: Converted) => one?.spec as Fields | undefined

const SELECTORS = [
  { matchLabels: { rack: '1' } },
  { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n1', 'n2'] }] },
]
const both = {
  myASN: 64500,
  peerASN: 64501,
  peerAddress: '10.0.0.1',
  sourceAddress: '10.0.0.2',
  peerPort: 1179,
  holdTime: '90s',
  keepaliveTime: '30s',
  routerID: '10.0.0.3',
  nodeSelectors: SELECTORS,
  password: 'secret',
  bfdProfile: 'fast',
  ebgpMultiHop: true,
}
const minimal = { myASN: 64500, peerASN: 64501, peerAddress: '10.0.0.1' }

test('v1beta1 → v1beta2: every field, selectors and metadata', () => {
  const [peer] = to(V1BETA2, object(V1BETA1, both, 'BGPPeer', { labels: { a: 'b' } }))
  assert.deepEqual(peer, object(V1BETA2, both, 'BGPPeer', { labels: { a: 'b' } }))
})

for (const [what, written, expected] of [
  ['absent timers stay absent', minimal, minimal],
  ['timers of zero were never set', { ...minimal, holdTime: '0s', keepaliveTime: '0s' }, minimal],
  [
    'a keepalive time of zero beside a hold time',
    { ...minimal, holdTime: '9s', keepaliveTime: '0s' },
    { ...minimal, holdTime: '9s' },
  ],
  ['port 0 is the default', { ...minimal, peerPort: 0 }, minimal],
  [
    'empty text was never written',
    { ...minimal, sourceAddress: '', routerID: '', password: '', bfdProfile: '' },
    minimal,
  ],
  ['false stays', { ...minimal, ebgpMultiHop: false }, { ...minimal, ebgpMultiHop: false }],
] as const) {
  test(`v1beta1 → v1beta2: ${what}`, () => {
    assert.deepEqual(specOf(to(V1BETA2, object(V1BETA1, written))[0]), expected)
  })
}

test('v1beta2 → v1beta1: nothing to keep, no annotation', () => {
  const [peer] = to(V1BETA1, object(V1BETA2, both))
  assert.deepEqual(peer, object(V1BETA1, both))
})

for (const [what, spec, shown] of [
  ['fields of v1beta2', { ...both, vrf: 'red', localASN: 64999, connectTime: '5s' }, both],
  ['a Secret by name', { ...minimal, passwordSecret: { name: 'r1', namespace: 'x' } }, minimal],
  [
    'an interface and a dynamic AS',
    { myASN: 64500, dynamicASN: 'external', interface: 'eth0' },
    { myASN: 64500, peerASN: 0, peerAddress: '' },
  ],
  ['timers turned off', { ...minimal, holdTime: '0s', keepaliveTime: '0s' }, undefined],
  [
    'flags',
    { ...minimal, enableGracefulRestart: true, dualStackAddressFamily: true, disableMP: false },
    minimal,
  ],
] as const) {
  test(`v1beta2 → v1beta1 → v1beta2: ${what}`, () => {
    const before = object(V1BETA2, spec, 'BGPPeer', { annotations: { mine: 'x' } })
    const [old] = to(V1BETA1, before)
    if (shown) assert.deepEqual(specOf(old), shown)
    const annotations = old?.metadata.annotations ?? {}
    assert.deepEqual(Object.keys(annotations), ['mine', KEPT])
    // Whoever reads the old version and writes it back loses nothing.
    const [again] = to(V1BETA2, old)
    assert.deepEqual(again?.metadata, before.metadata)
    assert.deepEqual(sorted(specOf(again)), sorted(spec))
  })
}

const sorted = (spec: Fields | undefined) => Object.entries(spec ?? {}).sort()

for (const [what, spec, edit, expected] of [
  ['an AS number instead of a dynamic one', { dynamicASN: 'external' }, { peerASN: 64501 }, {}],
  ['an address instead of an interface', { interface: 'eth0' }, { peerAddress: '10.0.0.9' }, {}],
  ['a password instead of a Secret', { passwordSecret: { name: 's' } }, { password: 'p' }, {}],
  ['a hold time instead of none', { holdTime: '0s' }, { holdTime: '9s' }, {}],
  ['something else', { vrf: 'red' }, { holdTime: '9s' }, { vrf: 'red' }],
] as const) {
  test(`who edits v1beta1 is heard: ${what}`, () => {
    const [old] = to(V1BETA1, object(V1BETA2, { myASN: 64500, ...spec }))
    const [peer] = to(V1BETA2, { ...old, spec: { ...specOf(old), ...edit } })
    assert.deepEqual(specOf(peer), { myASN: 64500, ...expected, ...edit })
  })
}

for (const text of ['{', '[]', 'null', '"x"', '{"nodeName": "n1", "kind": "X"}']) {
  test(`an annotation that says nothing: ${text}`, () => {
    const [peer] = to(
      V1BETA2,
      object(V1BETA1, minimal, 'BGPPeer', { annotations: { [KEPT]: text } }),
    )
    assert.deepEqual(peer, object(V1BETA2, minimal))
  })
}

test('a peer without a spec passes through', () => {
  assert.deepEqual(to(V1BETA1, object(V1BETA2)), [object(V1BETA1)])
  assert.deepEqual(to(V1BETA2, object(V1BETA1)), [object(V1BETA2)])
})

test('AddressPool: the same in both versions', () => {
  const spec = { protocol: 'layer2', addresses: ['10.0.0.0/24'] }
  const old = object('metallb.io/v1alpha1', spec, 'AddressPool')
  const now = object(V1BETA1, spec, 'AddressPool')
  assert.deepEqual(to(V1BETA1, old), [now])
  assert.deepEqual(to('metallb.io/v1alpha1', now), [old])
})

for (const version of ['v1', 'v1beta1']) {
  test(`a review of ${version} is answered as such, with its uid and in its order`, () => {
    const names = ['a', 'b', 'c']
    const objects = names.map((name) => object(V1BETA1, minimal, 'BGPPeer', { name }))
    const answer = answerTo(asked(V1BETA2, objects, version))
    assert.equal(answer.apiVersion, `apiextensions.k8s.io/${version}`)
    assert.equal(answer.kind, 'ConversionReview')
    assert.equal(answer.response.uid, 'review-1')
    const converted = answer.response.convertedObjects as Converted[]
    assert.deepEqual(
      converted.map(({ metadata }) => metadata.name),
      names,
    )
    assert.ok(!('request' in answer))
  })
}

for (const [what, desired, one, message] of [
  [
    'an unknown kind',
    V1BETA2,
    object(V1BETA1, {}, 'Community'),
    'Community "r1" cannot be converted from metallb.io/v1beta1 to metallb.io/v1beta2',
  ],
  [
    'the version it has already',
    V1BETA2,
    object(V1BETA2, minimal),
    'BGPPeer "r1" cannot be converted from metallb.io/v1beta2 to metallb.io/v1beta2',
  ],
  [
    'an unknown version',
    'metallb.io/v9',
    object(V1BETA2, minimal),
    'BGPPeer "r1" cannot be converted from metallb.io/v1beta2 to metallb.io/v9',
  ],
] as const) {
  test(`a conversion that fails: ${what}`, () => {
    const good = object(V1BETA1, minimal)
    const { response } = answerTo(asked(desired, [good, one]))
    assert.equal(response.uid, 'review-1')
    assert.equal(response.result.status, 'Failure')
    assert.ok('message' in response.result)
    if (desired === V1BETA2) assert.equal(response.result.message, message)
    assert.deepEqual(response.convertedObjects, [])
  })
}

for (const [what, body, refused] of [
  ['nothing', null, 'this is no ConversionReview: must be an object with fields, not empty'],
  [
    'no request',
    { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview' },
    'this is no ConversionReview: request: is required: an object with fields',
  ],
  [
    'another kind',
    { ...asked(V1BETA2, []), kind: 'AdmissionReview' },
    'this is no ConversionReview: kind: must be one of ConversionReview, not "AdmissionReview"',
  ],
] as const) {
  test(`no review: ${what}`, () => assert.deepEqual(convert(body), { refused }))
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  basicAuth,
  bfdProfile,
  bgpAd,
  build,
  community,
  configObjects,
  type Given,
  l2Ad,
  legacyPool,
  NAMESPACE,
  node,
  peer,
  pool,
  raw,
  secret,
} from '../../test/support/build.ts'
import type { KindName, RawObject } from '../api/kinds.ts'
import { resolve } from '../config/resolve.ts'
import { type AdmissionResponse, review, type Standing } from './review.ts'

type Fields = Record<string, unknown>
type Operation = 'CREATE' | 'UPDATE' | 'DELETE'

const standing = (...given: Given[]): Standing => ({ objects: configObjects(given) })

function asked(operation: Operation, object: RawObject, more: Fields = {}): Fields {
  const [group, version] = object.apiVersion.split('/')
  const body = operation === 'DELETE' ? { object: null, oldObject: object } : { object }
  return {
    uid: 'review-1',
    kind: { group, version, kind: object.kind },
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? NAMESPACE,
    operation,
    ...body,
    ...more,
  }
}

const REVIEW = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' }

function answerTo(request: Fields, beside: Standing = standing()): AdmissionResponse {
  const answer = review({ ...REVIEW, request }, beside)
  assert.ok('response' in answer, 'a review is answered')
  assert.equal(answer.response.uid, 'review-1')
  return answer.response
}

const written = (kind: KindName, name: string, spec: Fields, meta: Fields = {}) =>
  raw(kind, name, { spec }, { namespace: NAMESPACE, ...meta })

const create = (kind: KindName, spec: Fields, ...beside: Given[]) =>
  answerTo(asked('CREATE', written(kind, 'new', spec)), standing(...beside))

const update = (kind: KindName, name: string, spec: Fields, ...beside: Given[]) =>
  answerTo(asked('UPDATE', written(kind, name, spec)), standing(...beside))

const ALLOWED = { uid: 'review-1', allowed: true }

function assertDenied(answer: AdmissionResponse, message: RegExp, code = 403) {
  assert.equal(answer.allowed, false)
  assert.equal(answer.status?.code, code)
  assert.equal(answer.status?.reason, code === 403 ? 'Forbidden' : 'BadRequest')
  assert.match(answer.status?.message ?? '', message)
}

const PEER = { myASN: 64500, peerASN: 64501, peerAddress: '10.0.0.9' }
const web = pool('web', ['192.0.2.0/24'])

for (const [what, kind, spec] of [
  ['IPAddressPool', 'IPAddressPool', { addresses: ['192.0.2.0/24'] }],
  ['AddressPool', 'AddressPool', { protocol: 'bgp', addresses: ['192.0.2.0/24'] }],
  ['BGPPeer', 'BGPPeer', PEER],
  ['BGPPeer with disableMP', 'BGPPeer', { ...PEER, disableMP: true }],
  ['BGPAdvertisement', 'BGPAdvertisement', {}],
  ['L2Advertisement', 'L2Advertisement', {}],
  ['Community', 'Community', { communities: [] }],
  ['BFDProfile', 'BFDProfile', {}],
] as const) {
  const object = written(kind, 'new', spec, { namespace: 'default' })
  test(`in another namespace: ${what} is not created, and may be changed`, () => {
    const sentence = 'resource must be created in metallb-system namespace'
    assertDenied(answerTo(asked('CREATE', object)), new RegExp(`^${sentence}$`))
    const updated = answerTo(asked('UPDATE', object))
    assert.equal(updated.allowed, true)
    assert.ok(updated.warnings?.includes(`${sentence}; here it has no effect`))
  })
  test(`in ours, nothing beside it: ${what}`, () => {
    assert.equal(answerTo(asked('CREATE', written(kind, 'new', spec))).allowed, true)
  })
}

for (const [what, answer, message] of [
  [
    'a pool that overlaps another',
    create('IPAddressPool', { addresses: ['192.0.2.128/25'] }, web),
    /^spec\.addresses\[0\]: CIDR "192\.0\.2\.128\/25" in pool "new" overlaps with already defined CIDR "192\.0\.2\.0\/24"/,
  ],
  [
    'an edit that makes two pools overlap',
    update(
      'IPAddressPool',
      'web',
      { addresses: ['192.0.2.0/24', '198.51.100.0/24'] },
      web,
      pool('office', ['198.51.100.0/25']),
    ),
    /^spec\.addresses\[1\]: .* overlaps with already defined CIDR "198\.51\.100\.0\/25" of pool "office"/,
  ],
  [
    'a legacy pool that overlaps a pool',
    create('AddressPool', { protocol: 'layer2', addresses: ['192.0.2.1-192.0.2.5'] }, web),
    /overlaps with already defined CIDR/,
  ],
  [
    'a legacy pool with the name of a pool',
    update(
      'AddressPool',
      'web',
      { protocol: 'layer2', addresses: ['203.0.113.0/24'] },
      web,
      node('n1'),
    ),
    /^metadata\.name: a pool named "web" already exists, as IPAddressPool/,
  ],
  [
    'a layer 2 pool with BGP advertisements',
    create('AddressPool', {
      protocol: 'layer2',
      addresses: ['203.0.113.0/24'],
      bgpAdvertisements: [{}],
    }),
    /^spec\.bgpAdvertisements: bgpAdvertisements need protocol bgp$/,
  ],
  [
    'a legacy pool of an unknown protocol',
    create('AddressPool', { protocol: 'ospf', addresses: ['203.0.113.0/24'] }),
    /^spec\.protocol: must be one of layer2, bgp, not "ospf"$/,
  ],
  [
    'an aggregation shorter than a pool',
    create('BGPAdvertisement', { aggregationLength: 20 }, web),
    /invalid aggregation length 20: prefix 24 in this pool is more specific than the aggregation length for addresses 192\.0\.2\.0\/24/,
  ],
  [
    'a pool too small for an advertisement that stands',
    create(
      'IPAddressPool',
      { addresses: ['198.51.100.0/28'] },
      web,
      bgpAd('wide', { aggregationLength: 24 }),
    ),
    /invalid aggregation length 24: prefix 28 in this pool/,
  ],
  [
    'selectors beside an aggregation',
    create('BGPAdvertisement', {
      aggregationLength: 24,
      serviceSelectors: [{ matchLabels: { a: 'b' } }],
    }),
    /serviceSelectors and aggregationLength are mutually exclusive/,
  ],
  [
    'a peer with a bad address',
    create('BGPPeer', { ...PEER, peerAddress: 'router' }),
    /^spec\.peerAddress: invalid BGPPeer address: "router" is not an IP address$/,
  ],
  [
    'a second peer of one address on the same nodes',
    create('BGPPeer', { ...PEER, peerAddress: '10.0.0.1' }, peer('r1'), node('n1')),
    /^spec\.peerAddress: peer 10\.0\.0\.1 already exists on node n1: BGPPeer "r1"/,
  ],
  [
    'a second peer of one address, while a Secret is missing',
    create(
      'BGPPeer',
      { ...PEER, peerAddress: '10.0.0.1', passwordSecret: { name: 'later' } },
      peer('r1'),
    ),
    /^spec\.peerAddress: peer 10\.0\.0\.1 already exists/,
  ],
  [
    'another AS of ours',
    create('BGPPeer', { ...PEER, myASN: 64999 }, peer('r1')),
    /^spec\.myASN: myASN 64999 differs from 64500 of BGPPeer "r1"/,
  ],
  [
    'another router ID',
    create('BGPPeer', { ...PEER, routerID: '1.1.1.1' }, peer('r1')),
    /^spec\.routerID: routerID 1\.1\.1\.1 differs from \(not set\)/,
  ],
  [
    'a keepalive time longer than the hold time',
    create('BGPPeer', { ...PEER, holdTime: '9s', keepaliveTime: '10s' }),
    /^spec\.keepaliveTime: invalid keepalive time 10s: must not be longer than the hold time 9s$/,
  ],
  [
    'a standard community out of range',
    create('Community', { communities: [{ name: 'a', value: '65536:1' }] }),
    /invalid community value: invalid section/,
  ],
  [
    'a large community of another mark',
    create('Community', { communities: [{ name: 'a', value: 'big:1:2:3' }] }),
    /expected community to be of format large/,
  ],
  [
    'an alias twice in one object',
    create('Community', {
      communities: [
        { name: 'a', value: '1:1' },
        { name: 'a', value: '1:2' },
      ],
    }),
    /duplicate definition of community "a"/,
  ],
  [
    'an alias of another object',
    create(
      'Community',
      { communities: [{ name: 'a', value: '1:1' }] },
      community('c', { a: '1:2' }),
    ),
    /duplicate definition of community "a": Community "c" defines it already/,
  ],
  [
    'a community that is wrong for good',
    create('BGPAdvertisement', { communities: ['later', '70000:1'] }, web),
    /invalid community value: invalid section in "70000:1"/,
  ],
  [
    'echo mode turned on where IPv6 is announced',
    update(
      'BFDProfile',
      'fast',
      { echoMode: true },
      bfdProfile('fast'),
      peer('r1', { bfdProfile: 'fast' }),
      pool('six', ['2001:db8::/120']),
      bgpAd('all'),
    ),
    /^spec\.echoMode: BFD profile "fast" of BGPPeer "r1" uses echo mode/,
  ],
] as const) {
  test(`denied: ${what}`, () => assertDenied(answer, message))
}

for (const [what, answer] of [
  ['an object as it stands', update('IPAddressPool', 'web', { addresses: ['192.0.2.0/24'] }, web)],
  ['a pool beside others', create('IPAddressPool', { addresses: ['198.51.100.0/24'] }, web)],
  [
    'one address on other nodes',
    create(
      'BGPPeer',
      {
        ...PEER,
        peerAddress: '10.0.0.1',
        nodeSelectors: [{ matchLabels: { rack: '2' } }],
      },
      peer('r1', { nodeSelectors: [{ matchLabels: { rack: '1' } }] }),
      node('n1', { rack: '1' }),
      node('n2', { rack: '2' }),
    ),
  ],
  [
    'an edit of the object that defines the alias',
    update(
      'Community',
      'c',
      { communities: [{ name: 'a', value: '1:3' }] },
      community('c', { a: '1:2' }),
    ),
  ],
  ['an edit of a profile in use', update('BFDProfile', 'fast', {}, bfdProfile('fast'))],
  [
    'an edit beside somebody else who is wrong',
    update(
      'L2Advertisement',
      'l2',
      { interfaces: ['eth0'] },
      l2Ad('l2'),
      web,
      pool('bad', ['192.0.2.0/25']),
    ),
  ],
  [
    'a legacy pool of BGP without advertisements',
    create(
      'L2Advertisement',
      {},
      legacyPool('old', { protocol: 'bgp', addresses: ['10.0.0.0/24'] }),
    ),
  ],
] as const) {
  test(`allowed: ${what}`, () => assert.deepEqual(answer, ALLOWED))
}

// Whatever is missing may come; the writer is told, and not stopped.
for (const [what, answer, warnings] of [
  [
    'a Secret',
    create('BGPPeer', { ...PEER, passwordSecret: { name: 'later' } }),
    [
      'spec.passwordSecret: Secret "later" with the key "password" does not exist in namespace metallb-system; create it',
    ],
  ],
  [
    'a key of a Secret',
    create(
      'BGPPeer',
      { ...PEER, passwordSecret: { name: 's' } },
      secret('s', { other: 'x' }, 'kubernetes.io/basic-auth'),
    ),
    ['spec.passwordSecret: Secret "s" has no key "password"'],
  ],
  [
    'a Secret of the right type',
    create('BGPPeer', { ...PEER, passwordSecret: { name: 's' } }, secret('s', { password: 'x' })),
    ['spec.passwordSecret: Secret "s" is of type "Opaque"; it must be kubernetes.io/basic-auth'],
  ],
  [
    'a BFD profile',
    create('BGPPeer', { ...PEER, bfdProfile: 'later' }),
    ['spec.bfdProfile: BFDProfile "later" does not exist in namespace metallb-system; create it'],
  ],
  [
    'an alias',
    create('BGPAdvertisement', { communities: ['later'] }),
    [
      'spec.communities[0]: invalid community format: "later" is neither a value nor the name of a known community; create a Community with this alias, or write A:B or large:A:B:C',
    ],
  ],
  [
    'an alias, in a legacy pool',
    create('AddressPool', {
      protocol: 'bgp',
      addresses: ['10.0.0.0/24'],
      bgpAdvertisements: [{ communities: ['1:1', 'later'] }],
    }),
    [
      'metallb.io v1beta1 AddressPool is deprecated, consider using IPAddressPool',
      'spec.bgpAdvertisements[0].communities[1]: invalid community format: "later" is neither a value nor the name of a known community; create a Community with this alias, or write A:B or large:A:B:C',
    ],
  ],
] as const) {
  test(`allowed with a warning: without ${what}`, () => {
    assert.deepEqual(answer, { ...ALLOWED, warnings })
  })
}

const DISABLE_MP = 'spec.disableMP is deprecated and has no effect; leave it out'

test('a deprecated field: a warning, and all checks', () => {
  const spec = { ...PEER, disableMP: true }
  assert.deepEqual(create('BGPPeer', spec), { ...ALLOWED, warnings: [DISABLE_MP] })
  const wrong = create('BGPPeer', { ...spec, peerAddress: '10.0.0.1' }, peer('r1'))
  assertDenied(wrong, /already exists/)
  assert.deepEqual(wrong.warnings, [DISABLE_MP])
})

test('a deprecated version is the one that was written, not the one that is shown to us', () => {
  const object = written('BGPPeer', 'new', PEER)
  const requestKind = { group: 'metallb.io', version: 'v1beta1', kind: 'BGPPeer' }
  assert.deepEqual(answerTo(asked('CREATE', object, { requestKind })).warnings, [
    'v1beta1 is deprecated, please use v1beta2',
  ])
})

for (const [what, spec, message] of [
  [
    'a duration without a unit',
    { ...PEER, holdTime: '90' },
    /^spec\.holdTime: "90" is not a duration/,
  ],
  ['text for a number', { ...PEER, myASN: 'x' }, /^spec\.myASN: must be a number, not "x"$/],
  ['a field that is required', { peerASN: 1 }, /^spec\.myASN: is required: a number/],
] as const) {
  test(`no object yet, 400: ${what}`, () => assertDenied(create('BGPPeer', spec), message, 400))
}

test('a valid duration', () => {
  assert.deepEqual(create('BGPPeer', { ...PEER, holdTime: '90s' }), ALLOWED)
})

test('an update that changes nothing we look at is allowed, however wrong the object is', () => {
  const wrong = written('BGPPeer', 'r2', { ...PEER, peerAddress: '10.0.0.1' })
  const beside = standing(peer('r1'))
  const without = { ...wrong, metadata: { ...wrong.metadata, finalizers: [] } }
  const oldObject = { ...wrong, metadata: { ...wrong.metadata, finalizers: ['x'] } }
  assert.deepEqual(answerTo(asked('UPDATE', without, { oldObject }), beside), ALLOWED)
  const relabelled = { ...wrong, metadata: { ...wrong.metadata, labels: { a: 'b' } } }
  assertDenied(answerTo(asked('UPDATE', relabelled, { oldObject }), beside), /already exists/)
})

test('who served before stays: the newcomer is blamed, though its name and age come first', () => {
  const old = pool('zz', ['192.0.2.0/24'], { created: 100 })
  const objects = configObjects([old])
  const { accepted } = resolve(objects)
  const object = written('IPAddressPool', 'aa', { addresses: ['192.0.2.0/24'] }, { created: 1 })
  assertDenied(answerTo(asked('CREATE', object), { objects, accepted }), /of pool "zz"/)
})

test('an object that is refused already may be mended', () => {
  const bad = { kind: 'IPAddressPool', namespace: NAMESPACE, name: 'web' } as const
  const refused = { ...bad, path: 'spec', code: 'wrong', message: 'wrong' }
  assert.deepEqual(
    update('IPAddressPool', 'web', { addresses: ['192.0.2.0/24'] }, refused),
    ALLOWED,
  )
})

const remove = (name: string, namespace: string, ...beside: Given[]) =>
  answerTo(
    asked('DELETE', raw('BFDProfile', name, {}, { namespace }), { namespace }),
    standing(...beside),
  )
const users = [
  peer('r2', { bfdProfile: 'fast', peerAddress: '10.0.0.2' }),
  peer('r1', { bfdProfile: 'fast' }),
]

test('a BFD profile in use is not deleted; both names are told', () => {
  assertDenied(
    remove('fast', NAMESPACE, ...users),
    /^failed to delete BFDProfile "fast": it is used by BGPPeer "r1"; "r2"$/,
  )
})

test('a BFD profile that nobody uses is deleted, so is its namesake elsewhere', () => {
  assert.deepEqual(remove('slow', NAMESPACE, ...users), ALLOWED)
  assert.deepEqual(remove('fast', 'default', ...users), ALLOWED)
})

test('other kinds may be deleted at any time', () => {
  assert.deepEqual(answerTo(asked('DELETE', written('IPAddressPool', 'web', {}))), ALLOWED)
})

test('statuses are not our business', () => {
  const object = written('IPAddressPool', 'web', { addresses: 'wrong' })
  assert.deepEqual(answerTo(asked('UPDATE', object, { subResource: 'status' })), ALLOWED)
})

for (const [what, kind] of [
  ['of another group', { group: 'apps', version: 'v1', kind: 'Deployment' }],
  ['that is a status', { group: 'metallb.io', version: 'v1beta1', kind: 'ServiceL2Status' }],
] as const) {
  test(`a kind ${what}: 400`, () => {
    const answer = answerTo(asked('CREATE', written('Community', 'x', {}), { kind }))
    assertDenied(answer, /^no rules for kind/, 400)
  })
}

test('an unknown version: said which are served', () => {
  const object = { ...written('BGPPeer', 'x', PEER), apiVersion: 'metallb.io/v9' }
  assertDenied(answerTo(asked('CREATE', object)), /it is served as metallb.io\/v1beta2\/BGPPeer/)
})

test('a review by hand, without a name', () => {
  const { metadata: _none, ...object } = written('BGPPeer', 'x', PEER)
  const answer = answerTo({ ...asked('CREATE', written('BGPPeer', 'x', PEER)), object })
  assert.deepEqual(answer, ALLOWED)
})

test('a list of mistakes is cut where nobody reads on', () => {
  const addresses = Array.from({ length: 500 }, (_, index) => `wrong-${index}`)
  const { status } = create('IPAddressPool', { addresses })
  assert.match(status?.message ?? '', /; and 480 more$/)
})

for (const [what, body, refused] of [
  ['text', 'x', /^this is no AdmissionReview: must be an object with fields, not "x"$/],
  ['no request', REVIEW, /request: is required/],
  ['an older review', { ...REVIEW, apiVersion: 'admission.k8s.io/v1beta1' }, /apiVersion: must be/],
  [
    'no object',
    { ...REVIEW, request: { ...asked('CREATE', written('BGPPeer', 'x', PEER)), uid: 5 } },
    /request\.uid: must be text, not 5/,
  ],
] as const) {
  test(`no review: ${what}`, () => {
    const answer = review(body, standing())
    assert.ok('refused' in answer)
    assert.match(answer.refused, refused)
  })
}

test('a write without its object: 400', () => {
  const request = { ...asked('CREATE', written('BGPPeer', 'x', PEER)), object: null }
  assertDenied(answerTo(request), /^object: is required/, 400)
})

test('a password never shows', () => {
  const spec = { ...PEER, password: 'hunter2 hunter2' }
  assert.doesNotMatch(JSON.stringify(create('BGPPeer', spec)), /hunter2/)
  const beside = [basicAuth('s', 'hunter2\n')]
  const held = create('BGPPeer', { ...PEER, passwordSecret: { name: 's' } }, ...beside)
  assert.doesNotMatch(JSON.stringify(held), /hunter2/)
  assert.match(held.warnings?.[0] ?? '', /it ends with a line break/)
})

test('what is written is not changed by being judged', () => {
  const object = build('BGPPeer', 'new', { spec: PEER })
  const before = structuredClone({ ...object, spec: { ...object.spec, password: undefined } })
  const beside = standing(object)
  answerTo(asked('UPDATE', written('BGPPeer', 'new', { ...PEER, bfdProfile: 'later' })), beside)
  const after = { ...object, spec: { ...object.spec, password: undefined } }
  assert.deepEqual(structuredClone(after), before)
  assert.deepEqual(beside.objects.BGPPeer, [object])
})

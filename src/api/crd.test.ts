// What MetalLB's definitions say, fact by fact, against ours: whoever swaps one for the other must
// see no difference but the descriptions.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCrd, type CustomResourceDefinition } from './crd.ts'
import { DEFINITIONS } from './definitions.ts'
import type { JsonSchema } from './json-schema.ts'

const CRDS = DEFINITIONS.map(buildCrd)

const crdOf = (kind: string): CustomResourceDefinition =>
  CRDS.find((crd) => crd.spec.names.kind === kind)!

/** Every field of one version by path: `spec.communities[].name`, map values as `.*`. */
function fieldsOf(kind: string, version?: string): Map<string, JsonSchema> {
  const found = new Map<string, JsonSchema>()
  const walk = (path: string, node: JsonSchema) => {
    found.set(path, node)
    if (node.items) walk(`${path}[]`, node.items)
    if (node.additionalProperties) walk(`${path}.*`, node.additionalProperties)
    for (const [name, field] of Object.entries(node.properties ?? {})) {
      walk(path === '' ? name : `${path}.${name}`, field)
    }
  }
  const { versions } = crdOf(kind).spec
  const one = versions.find(({ name, storage }) => (version ? name === version : storage))!
  walk('', one.schema.openAPIV3Schema)
  return found
}

const everyField = CRDS.flatMap(({ spec }) =>
  spec.versions.flatMap(({ name }) =>
    [...fieldsOf(spec.names.kind, name)].map(([path, node]) => ({
      path: `${spec.names.kind} ${name} ${path}`,
      node,
    })),
  ),
)

for (const [kind, name, singular, versions] of [
  ['IPAddressPool', 'ipaddresspools.metallb.io', 'ipaddresspool', 'v1beta1*'],
  ['BGPPeer', 'bgppeers.metallb.io', 'bgppeer', 'v1beta1 v1beta2*'],
  ['BGPAdvertisement', 'bgpadvertisements.metallb.io', 'bgpadvertisement', 'v1beta1*'],
  ['L2Advertisement', 'l2advertisements.metallb.io', 'l2advertisement', 'v1beta1*'],
  ['BFDProfile', 'bfdprofiles.metallb.io', 'bfdprofile', 'v1beta1*'],
  ['Community', 'communities.metallb.io', 'community', 'v1beta1*'],
  ['ServiceL2Status', 'servicel2statuses.metallb.io', 'servicel2status', 'v1beta1*'],
  ['ServiceBGPStatus', 'servicebgpstatuses.metallb.io', 'servicebgpstatus', 'v1beta1*'],
  ['ConfigurationState', 'configurationstates.metallb.io', 'configurationstate', 'v1beta1*'],
  ['BGPSessionState', 'bgpsessionstates.frrk8s.metallb.io', 'bgpsessionstate', 'v1beta1*'],
  ['AddressPool', 'addresspools.metallb.io', 'addresspool', 'v1alpha1 v1beta1*'],
  ['MetalLB', 'metallbs.metallb.io', 'metallb', 'v1beta1*'],
] as const) {
  test(`names and versions: ${kind}`, () => {
    const { metadata, spec } = crdOf(kind)
    assert.equal(metadata.name, name)
    const plural = name.split('.')[0]!
    assert.deepEqual(spec.names, {
      kind,
      listKind: `${kind}List`,
      plural,
      singular,
    })
    assert.equal(spec.group, name.slice(plural.length + 1))
    assert.equal(spec.scope, 'Namespaced')
    const printed = spec.versions.map((one) => `${one.name}${one.storage ? '*' : ''}`).join(' ')
    assert.equal(printed, versions)
    for (const one of spec.versions) {
      assert.equal(one.served, true)
      assert.deepEqual(one.subresources, { status: {} })
    }
  })
}

test('no kind beyond these', () => assert.equal(CRDS.length, 12))

test('deprecated versions say so, the others do not', () => {
  const warnings = CRDS.flatMap(({ spec }) =>
    spec.versions
      .filter((version) => version.deprecated || version.deprecationWarning)
      .map((version) => [spec.names.kind, version.name, version.deprecationWarning]),
  )
  assert.deepEqual(warnings, [
    ['BGPPeer', 'v1beta1', 'v1beta1 is deprecated, please use v1beta2'],
    ['AddressPool', 'v1alpha1', 'metallb.io v1alpha1 AddressPool is deprecated'],
    [
      'AddressPool',
      'v1beta1',
      'metallb.io v1beta1 AddressPool is deprecated, consider using IPAddressPool',
    ],
  ])
})

test('kinds of two versions are converted by the webhook, the others not at all', () => {
  const converted = CRDS.filter(({ spec }) => spec.conversion)
  assert.deepEqual(
    converted.map(({ spec }) => spec.names.kind),
    ['BGPPeer', 'AddressPool'],
  )
  for (const { spec } of converted) {
    assert.deepEqual(spec.conversion, {
      strategy: 'Webhook',
      webhook: {
        conversionReviewVersions: ['v1beta1', 'v1beta2'],
        clientConfig: {
          service: {
            namespace: 'metallb-system',
            name: 'metallb-webhook-service',
            path: '/convert',
          },
        },
      },
    })
  }
})

const poolColumns = `IPAddressPools:string:.spec.ipAddressPools
IPAddressPool Selectors:string:.spec.ipAddressPoolSelectors`
const service = `Service Name:string:.status.serviceName
Service Namespace:string:.status.serviceNamespace`

for (const [kind, columns] of [
  [
    'IPAddressPool',
    `Auto Assign:boolean:.spec.autoAssign
Avoid Buggy IPs:boolean:.spec.avoidBuggyIPs
Addresses:string:.spec.addresses`,
  ],
  [
    'BGPPeer',
    `Address:string:.spec.peerAddress
ASN:string:.spec.peerASN
BFD Profile:string:.spec.bfdProfile
Multi Hops:string:.spec.ebgpMultiHop`,
  ],
  [
    'BGPAdvertisement',
    `${poolColumns}
Peers:string:.spec.peers
Node Selectors:string:.spec.nodeSelectors:10`,
  ],
  [
    'L2Advertisement',
    `${poolColumns}
Interfaces:string:.spec.interfaces
Node Selectors:string:.spec.nodeSelectors:10`,
  ],
  [
    'BFDProfile',
    `Passive Mode:boolean:.spec.passiveMode
Transmit Interval:integer:.spec.transmitInterval
Receive Interval:integer:.spec.receiveInterval
Multiplier:integer:.spec.detectMultiplier`,
  ],
  ['Community', ''],
  ['AddressPool', ''],
  ['ServiceL2Status', `Allocated Node:string:.status.node\n${service}`],
  ['ServiceBGPStatus', `Node:string:.status.node\n${service}`],
  [
    'BGPSessionState',
    `Node:string:.status.node
Peer:string:.status.peer
VRF:string:.status.vrf
BGP:string:.status.bgpStatus
BFD:string:.status.bfdStatus`,
  ],
  [
    'ConfigurationState',
    `Result:string:.status.result
ErrorSummary:string:.status.errorSummary
Age:date:.metadata.creationTimestamp`,
  ],
  [
    'MetalLB',
    `Available:string:.status.conditions[?(@.type=='Available')].status
Degraded:string:.status.conditions[?(@.type=='Degraded')].status
Progressing:string:.status.conditions[?(@.type=='Progressing')].status
Age:date:.metadata.creationTimestamp`,
  ],
] as const) {
  test(`printed columns: ${kind}`, () => {
    for (const { additionalPrinterColumns: list = [] } of crdOf(kind).spec.versions) {
      const printed = list.map(({ name, type, jsonPath, priority }) =>
        [name, type, jsonPath, ...(priority === undefined ? [] : [priority])].join(':'),
      )
      assert.equal(printed.join('\n'), columns)
    }
  })
}

for (const [kind, version, path, required] of [
  ['IPAddressPool', 'v1beta1', '', ['spec']],
  ['IPAddressPool', 'v1beta1', 'spec', ['addresses']],
  ['IPAddressPool', 'v1beta1', 'spec.serviceAllocation', undefined],
  [
    'IPAddressPool',
    'v1beta1',
    'status',
    ['assignedIPv4', 'assignedIPv6', 'availableIPv4', 'availableIPv6'],
  ],
  ['AddressPool', 'v1alpha1', '', ['spec']],
  ['AddressPool', 'v1beta1', 'spec', ['protocol', 'addresses']],
  ['BGPPeer', 'v1beta2', '', undefined],
  ['BGPPeer', 'v1beta2', 'spec', ['myASN']],
  ['BGPPeer', 'v1beta2', 'spec.nodeSelectors[]', undefined],
  ['BGPPeer', 'v1beta2', 'spec.nodeSelectors[].matchExpressions[]', ['key', 'operator']],
  ['BGPPeer', 'v1beta1', 'spec', ['myASN', 'peerASN', 'peerAddress']],
  ['BGPPeer', 'v1beta1', 'spec.nodeSelectors[].matchExpressions[]', ['key', 'operator', 'values']],
  ['BGPAdvertisement', 'v1beta1', '', undefined],
  ['BGPAdvertisement', 'v1beta1', 'spec', undefined],
  ['L2Advertisement', 'v1beta1', 'spec', undefined],
  ['L2Advertisement', 'v1beta1', 'spec.preferredNodeSelectors[]', ['weight', 'preference']],
  ['BFDProfile', 'v1beta1', 'spec', undefined],
  ['Community', 'v1beta1', 'spec.communities[]', undefined],
  ['ServiceL2Status', 'v1beta1', '', undefined],
  ['ServiceL2Status', 'v1beta1', 'status', undefined],
  ['ServiceBGPStatus', 'v1beta1', 'status', undefined],
  ['ConfigurationState', 'v1beta1', 'status', undefined],
  [
    'ConfigurationState',
    'v1beta1',
    'status.conditions[]',
    ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
  ],
  ['MetalLB', 'v1beta1', 'spec', undefined],
] as const) {
  test(`required fields: ${kind} ${version} ${path || 'object'}`, () => {
    assert.deepEqual(fieldsOf(kind, version).get(path)?.required, required)
  })
}

/** What a field says of its values; the rest of the node is shape. */
const RULES = [
  'type',
  'format',
  'default',
  'enum',
  'minimum',
  'maximum',
  'minItems',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
] as const

const rulesOf = (node: JsonSchema) =>
  Object.fromEntries(RULES.filter((key) => key in node).map((key) => [key, node[key]]))

const asn = { type: 'integer', format: 'int64', minimum: 0, maximum: 4294967295 }
const millis = { type: 'integer', format: 'int32', minimum: 10, maximum: 60000 }
const text = { type: 'string' }
const flag = { type: 'boolean' }
const list = { type: 'array' }

for (const [kind, version, rules] of [
  [
    'IPAddressPool',
    'v1beta1',
    {
      'spec.addresses': list,
      'spec.autoAssign': { type: 'boolean', default: true },
      'spec.avoidBuggyIPs': { type: 'boolean', default: false },
      'spec.serviceAllocation.priority': { type: 'integer' },
      'spec.serviceAllocation.namespaces': list,
      'status.availableIPv6': { type: 'integer', format: 'int64' },
    },
  ],
  [
    'BGPPeer',
    'v1beta2',
    {
      'spec.myASN': asn,
      'spec.peerASN': asn,
      'spec.localASN': { ...asn, minimum: 1 },
      'spec.dynamicASN': { type: 'string', enum: ['internal', 'external'] },
      'spec.peerAddress': text,
      'spec.interface': text,
      'spec.peerPort': { type: 'integer', default: 179, minimum: 1, maximum: 16384 },
      'spec.holdTime': text,
      'spec.connectTime': text,
      'spec.routerID': text,
      'spec.nodeSelectors': list,
      'spec.nodeSelectors[]': { type: 'object', 'x-kubernetes-map-type': 'atomic' },
      'spec.nodeSelectors[].matchLabels.*': text,
      'spec.nodeSelectors[].matchExpressions': { ...list, 'x-kubernetes-list-type': 'atomic' },
      'spec.nodeSelectors[].matchExpressions[].operator': text,
      'spec.nodeSelectors[].matchExpressions[].values': {
        ...list,
        'x-kubernetes-list-type': 'atomic',
      },
      'spec.passwordSecret': { type: 'object', 'x-kubernetes-map-type': 'atomic' },
      // A default here would make the transition rule refuse the first `true`.
      'spec.enableGracefulRestart': flag,
      'spec.ebgpMultiHop': flag,
      'spec.disableMP': { type: 'boolean', default: false },
      'spec.dualStackAddressFamily': { type: 'boolean', default: false },
      status: { type: 'object' },
    },
  ],
  [
    'BGPPeer',
    'v1beta1',
    {
      'spec.myASN': asn,
      'spec.peerASN': asn,
      'spec.peerPort': { type: 'integer', minimum: 0, maximum: 16384 },
      'spec.holdTime': text,
      'spec.nodeSelectors[]': { type: 'object' },
      'spec.nodeSelectors[].matchExpressions': list,
      'spec.nodeSelectors[].matchExpressions[].values': { ...list, minItems: 1 },
    },
  ],
  [
    'BGPAdvertisement',
    'v1beta1',
    {
      'spec.aggregationLength': { type: 'integer', format: 'int32', default: 32, minimum: 1 },
      'spec.aggregationLengthV6': { type: 'integer', format: 'int32', default: 128 },
      'spec.localPref': { type: 'integer', format: 'int32' },
      'spec.communities': list,
      'spec.peers': list,
    },
  ],
  [
    'AddressPool',
    'v1alpha1',
    {
      'spec.protocol': { type: 'string', enum: ['layer2', 'bgp'] },
      'spec.addresses': list,
      'spec.autoAssign': { type: 'boolean', default: true },
      'spec.bgpAdvertisements': list,
      'spec.bgpAdvertisements[].aggregationLength': {
        type: 'integer',
        format: 'int32',
        default: 32,
        minimum: 1,
      },
      'spec.bgpAdvertisements[].aggregationLengthV6': {
        type: 'integer',
        format: 'int32',
        default: 128,
      },
      'spec.bgpAdvertisements[].localPref': { type: 'integer', format: 'int32' },
    },
  ],
  [
    'L2Advertisement',
    'v1beta1',
    {
      'spec.interfaces': list,
      'spec.preferredNodeSelectors[].weight': {
        type: 'integer',
        format: 'int32',
        minimum: 1,
        maximum: 100,
      },
    },
  ],
  [
    'BFDProfile',
    'v1beta1',
    {
      'spec.receiveInterval': millis,
      'spec.transmitInterval': millis,
      'spec.echoInterval': millis,
      'spec.detectMultiplier': { ...millis, minimum: 2, maximum: 255 },
      'spec.minimumTtl': { ...millis, minimum: 1, maximum: 254 },
      'spec.echoMode': flag,
      'spec.passiveMode': flag,
    },
  ],
  [
    'ConfigurationState',
    'v1beta1',
    {
      'status.result': { type: 'string', enum: ['Valid', 'Invalid', 'Unknown'] },
      'status.conditions': { ...list, 'x-kubernetes-list-type': 'map' },
      'status.conditions[].lastTransitionTime': { type: 'string', format: 'date-time' },
      'status.conditions[].observedGeneration': { type: 'integer', format: 'int64', minimum: 0 },
    },
  ],
  [
    'MetalLB',
    'v1beta1',
    {
      'spec.logLevel': { type: 'string', enum: ['all', 'debug', 'info', 'warn', 'error', 'none'] },
      'spec.bgpBackend': text,
      'spec.nodeSelector.*': text,
      'spec.speakerTolerations[].tolerationSeconds': { type: 'integer', format: 'int64' },
      'status.conditions': list,
    },
  ],
] as const) {
  for (const [path, expected] of Object.entries(rules)) {
    test(`field: ${kind} ${version} ${path}`, () => {
      assert.deepEqual(rulesOf(fieldsOf(kind, version).get(path)!), expected)
    })
  }
}

test('fields: the older versions have those of their time', () => {
  const fields = (kind: string, version: string) =>
    Object.keys(fieldsOf(kind, version).get('spec')?.properties ?? {}).join(' ')
  assert.equal(
    fields('BGPPeer', 'v1beta1'),
    'myASN peerASN peerAddress sourceAddress peerPort holdTime keepaliveTime routerID nodeSelectors password bfdProfile ebgpMultiHop',
  )
  assert.equal(fields('AddressPool', 'v1alpha1'), fields('AddressPool', 'v1beta1'))
  assert.equal(fieldsOf('ConfigurationState').get('spec'), undefined)
})

test('every object has apiVersion, kind, and metadata that is nothing but an object', () => {
  for (const { spec } of CRDS) {
    for (const { name } of spec.versions) {
      const fields = fieldsOf(spec.names.kind, name)
      assert.equal(fields.get('apiVersion')?.type, 'string')
      assert.equal(fields.get('kind')?.type, 'string')
      assert.deepEqual(fields.get('metadata'), { type: 'object' })
      assert.equal(fields.get('status')?.type, 'object')
    }
  }
})

test('every node is structural', () => {
  for (const { path, node } of everyField) {
    const intOrString = node['x-kubernetes-int-or-string'] === true
    assert.equal(node.type === undefined, intOrString, `${path}: a type, or int-or-string`)
    assert.deepEqual(
      node.anyOf,
      intOrString ? [{ type: 'integer' }, { type: 'string' }] : undefined,
      path,
    )
    assert.ok(!(node.additionalProperties && node.properties), `${path}: a map or an object`)
    assert.notEqual(node.additionalProperties, false, path)
    assert.ok((node.maximum ?? 0) < Number.MAX_SAFE_INTEGER, `${path}: a bound that says nothing`)
  }
})

test('every field a user may write is explained', () => {
  const silent = everyField.filter(
    ({ path, node }) => !node.description && !/metadata$|\[\]$|\*$/.test(path),
  )
  assert.deepEqual(
    silent.map(({ path }) => path),
    [],
  )
})

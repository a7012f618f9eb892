import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Condition } from './condition.ts'
import { ConfigurationStateStatus } from './configuration-state.ts'
import { IpAddressPoolStatus } from './ip-address-pool.ts'
import { ServiceBgpStatusStatus } from './service-bgp-status.ts'
import { ServiceL2StatusStatus } from './service-l2-status.ts'

const condition = {
  type: 'configReconcilerValid',
  status: 'True',
  reason: 'SyncStateSuccess',
  message: '',
  lastTransitionTime: '2026-01-05T10:00:00Z',
}

for (const [name, change, valid] of [
  ['as it is', {}, true],
  ['type with a prefix', { type: 'example.org/Ready' }, true],
  ['type that ends in a dash', { type: 'Ready-' }, false],
  // MetalLB's operator wrote "internal error" here, and the API server refused the whole status.
  ['reason of two words', { reason: 'internal error' }, false],
  ['no reason', { reason: '' }, false],
  ['status in lower case', { status: 'true' }, false],
  ['message of 32769 characters', { message: 'x'.repeat(32769) }, false],
  ['generation below 0', { observedGeneration: -1 }, false],
] as const) {
  test(`condition: ${name}`, () => {
    assert.equal(Condition.safeParse({ ...condition, ...change }).success, valid)
  })
}

for (const [name, schema, status, valid] of [
  [
    'a valid configuration',
    ConfigurationStateStatus,
    { result: 'Valid', conditions: [condition] },
    true,
  ],
  ['before the first pass', ConfigurationStateStatus, {}, true],
  ['another result', ConfigurationStateStatus, { result: 'Fine' }, false],
  [
    'an owner on all interfaces',
    ServiceL2StatusStatus,
    { node: 'a', serviceName: 's', serviceNamespace: 'n' },
    true,
  ],
  [
    'an owner on one interface',
    ServiceL2StatusStatus,
    { node: 'a', interfaces: [{ name: 'eth1' }] },
    true,
  ],
  ['an interface as text', ServiceL2StatusStatus, { interfaces: ['eth1'] }, false],
  ['two neighbours', ServiceBgpStatusStatus, { node: 'a', peers: ['p', 'q'] }, true],
  ['a layer 2 field', ServiceBgpStatusStatus, { interfaces: [] }, false],
  [
    'a huge pool',
    IpAddressPoolStatus,
    { assignedIPv4: 0n, assignedIPv6: 1n, availableIPv4: 0n, availableIPv6: 2n ** 63n - 1n },
    true,
  ],
  ['half a pool', IpAddressPoolStatus, { assignedIPv4: 0n }, false],
] as const) {
  test(`status: ${name}`, () => assert.equal(schema.safeParse(status).success, valid))
}

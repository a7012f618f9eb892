import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type KubeObject, keyOf } from './objects.ts'
import { type Applied, digest, planSteps, type Seen, stamp } from './plan.ts'
import { MARK, type StandingObject } from './standing.ts'

const UID = 'uid-of-metallb'
const owners = {
  metallb: {
    ...{ apiVersion: 'metallb.io/v1beta1', kind: 'MetalLB', name: 'metallb' },
    uid: UID,
    controller: true,
  },
  namespace: {
    apiVersion: 'v1',
    kind: 'Namespace',
    name: 'metallb-system',
    uid: 'uid-of-namespace',
  },
}
const built = (kind: string, name: string, data: object = {}): KubeObject => {
  const namespace = kind === 'ValidatingWebhookConfiguration' ? {} : { namespace: 'metallb-system' }
  return { apiVersion: 'v1', kind, metadata: { name, ...namespace }, data }
}
const wanted = (...objects: KubeObject[]) => objects.map((one) => stamp(one, owners))
const keys = (objects: readonly StandingObject[]) => objects.map(keyOf)

/** An API server for one pass: applies and removes as it is told. */
class Standing implements Seen {
  readonly standing = new Map<string, StandingObject>()
  readonly applied = new Map<string, Applied>()
  #version = 0

  put(object: StandingObject): StandingObject {
    const metadata = { ...object.metadata, resourceVersion: `${++this.#version}` }
    const stands = { ...object, metadata }
    this.standing.set(keyOf(object), stands)
    return stands
  }

  pass(objects: readonly StandingObject[], isInstalled = true) {
    const steps = planSteps(objects, this, isInstalled ? UID : undefined)
    for (const one of steps.apply) {
      const stood = digest(this.put(one))
      this.applied.set(keyOf(one), { wanted: digest(one), stood })
    }
    for (const one of steps.remove) this.standing.delete(keyOf(one))
    return steps
  }
}

const CONFIG = built('ConfigMap', 'frr-startup', { daemons: 'bgpd=yes' })
const HOOKS = built('ValidatingWebhookConfiguration', 'metallb-webhook-configuration')

test('ours to see, and gone with whom it belongs to', () => {
  const [config, hooks] = wanted(CONFIG, HOOKS)
  assert.deepEqual(config?.metadata.labels, MARK)
  assert.deepEqual(config?.metadata.ownerReferences, [owners.metallb])
  assert.deepEqual(hooks?.metadata.ownerReferences, [owners.namespace])
})

test('once applied, there is nothing to do', () => {
  const server = new Standing()
  assert.deepEqual(keys(server.pass(wanted(CONFIG, HOOKS)).apply), keys(wanted(CONFIG, HOOKS)))
  const again = server.pass(wanted(CONFIG, HOOKS))
  assert.deepEqual(again, { adopt: [], apply: [], remove: [] })
})

for (const [name, change, isMended] of [
  ['a field is changed', { data: { daemons: 'bgpd=no' } }, true],
  ['a label is taken away', { metadata: { ...CONFIG.metadata, labels: {} } }, true],
  ['a status is written', { status: { replicas: 1 } }, false],
] as const) {
  test(`${name}: ${isMended ? 'applied again' : 'nothing to do'}`, () => {
    const server = new Standing()
    server.pass(wanted(CONFIG))
    server.put({ ...server.standing.get(keyOf(CONFIG))!, ...change })
    assert.deepEqual(keys(server.pass(wanted(CONFIG)).apply), isMended ? [keyOf(CONFIG)] : [])
  })
}

test('a rollout is counted by Kubernetes, and is no change', () => {
  const server = new Standing()
  server.pass(wanted(CONFIG))
  const stands = server.standing.get(keyOf(CONFIG))!
  const annotations = { 'deployment.kubernetes.io/revision': '2' }
  server.put({ ...stands, metadata: { ...stands.metadata, annotations, generation: 7 } })
  assert.deepEqual(server.pass(wanted(CONFIG)).apply, [])
})

test('what is deleted is made again', () => {
  const server = new Standing()
  server.pass(wanted(CONFIG))
  server.standing.clear()
  assert.deepEqual(keys(server.pass(wanted(CONFIG)).apply), [keyOf(CONFIG)])
})

test('without an object, what has no namespace is removed; the rest Kubernetes removes', () => {
  const server = new Standing()
  server.pass(wanted(CONFIG, HOOKS))
  assert.deepEqual(keys(server.pass([], false).remove), [keyOf(HOOKS)])
  assert.deepEqual(server.pass([], false).remove, [])
})

const theirs = (owner: object | undefined, labels: Record<string, string> = {}): StandingObject => {
  const ownerReferences = owner ? [owner as (typeof owners)['metallb']] : []
  const metadata = { name: 'frr-k8s', namespace: 'metallb-system', labels, ownerReferences }
  return { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata }
}
for (const [name, object, isRemoved] of [
  ['of MetalLB’s operator, for the same object', theirs(owners.metallb), true],
  ['for an object that is gone', theirs({ ...owners.metallb, uid: 'another' }), false],
  ['that only refers to the object', theirs({ ...owners.metallb, controller: false }), false],
  ['of a user', theirs(undefined), false],
  ['of a user who took our label', theirs(undefined, MARK), false],
] as const) {
  test(`what is not needed ${isRemoved ? 'goes' : 'stays'}: ${name}`, () => {
    const server = new Standing()
    server.put(object)
    assert.deepEqual(keys(server.pass(wanted(CONFIG)).remove), isRemoved ? [keyOf(object)] : [])
  })
}

test('what stands by another’s hand is taken over before it is applied, once', () => {
  const server = new Standing()
  const fieldsV1 = { 'f:data': { 'f:daemons': {} } }
  const managedFields = [{ manager: 'kubectl', operation: 'Update', apiVersion: 'v1', fieldsV1 }]
  server.put({ ...CONFIG, metadata: { ...CONFIG.metadata, managedFields } })
  const first = server.pass(wanted(CONFIG))
  assert.deepEqual([keys(first.adopt), keys(first.apply)], [[keyOf(CONFIG)], [keyOf(CONFIG)]])
  const edited = server.standing.get(keyOf(CONFIG))!
  server.put({ ...edited, metadata: { ...edited.metadata, managedFields }, data: {} })
  const second = server.pass(wanted(CONFIG))
  assert.deepEqual([keys(second.adopt), keys(second.apply)], [[], [keyOf(CONFIG)]])
})

const names = fc.constantFrom('a', 'b', 'c', 'd')
const kinds = fc.constantFrom('ConfigMap', 'Service', 'ValidatingWebhookConfiguration')
const objects = fc.uniqueArray(
  fc.tuple(kinds, names, fc.dictionary(names, fc.string(), { maxKeys: 2 })),
  { selector: ([kind, name]) => `${kind}/${name}` },
)

test('from anywhere, one pass makes it so, the next finds nothing, and users’ objects stay', () => {
  fc.assert(
    fc.property(fc.array(objects, { minLength: 1, maxLength: 4 }), objects, (story, users) => {
      const server = new Standing()
      const own = users.map(([kind, name, data]) => built(kind, `users-${name}`, data))
      for (const one of own) server.put(one)
      for (const chapter of story) {
        const all = wanted(...chapter.map(([kind, name, data]) => built(kind, name, data)))
        server.pass(all)
        assert.deepEqual(server.pass(all), { adopt: [], apply: [], remove: [] })
        const left = new Set([...all, ...own].map(keyOf))
        assert.deepEqual(new Set(server.standing.keys()), left)
      }
    }),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FieldTree, ManagedFields, StandingObject } from './standing.ts'
import { FIELD_MANAGER, formerManagers, takenOver } from './takeover.ts'

const wrote = (manager: string, fieldsV1: FieldTree, more: ManagedFields = {}): ManagedFields => ({
  ...{ manager, operation: 'Update', apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1 },
  ...more,
})
const object = (managedFields: ManagedFields[], kind = 'DaemonSet'): StandingObject => ({
  ...{ apiVersion: 'apps/v1', kind },
  metadata: { name: 'speaker', namespace: 'metallb-system', managedFields },
})
const container = (name: string) => ({ 'f:containers': { [`k:{"name":"${name}"}`]: { '.': {} } } })
const spec = (fields: FieldTree) => ({ 'f:spec': fields })
const ours = (fieldsV1: FieldTree) => wrote(FIELD_MANAGER, fieldsV1, { operation: 'Apply' })

test('what a person applied is ours from then on, beside what was', () => {
  const before = [ours(spec(container('speaker'))), wrote('kubectl', spec(container('reloader')))]
  const both = { ...container('speaker')['f:containers'], ...container('reloader')['f:containers'] }
  assert.deepEqual(takenOver(object(before)), [ours(spec({ 'f:containers': both }))])
})

test('labels and annotations of the object stay with whom they are', () => {
  const metadata = { 'f:metadata': { 'f:annotations': { 'f:team': {} } } }
  const before = wrote('helm', { ...metadata, ...spec({ 'f:replicas': {} }) })
  assert.deepEqual(takenOver(object([before])), [
    { ...before, fieldsV1: metadata },
    ours(spec({ 'f:replicas': {} })),
  ])
})

test('what the controller fills in is nobody’s', () => {
  const secret = object([wrote('rotator', { 'f:data': { 'f:tls.key': {} } })], 'Secret')
  assert.equal(takenOver(secret), undefined)
  const hook = (fields: FieldTree) => ({
    'f:webhooks': { 'k:{"name":"a"}': { 'f:clientConfig': fields } },
  })
  const before = [wrote('controller', hook({ 'f:caBundle': {}, 'f:service': {} }))]
  assert.deepEqual(takenOver(object(before, 'ValidatingWebhookConfiguration')), [
    ours(hook({ 'f:service': {} })),
  ])
})

for (const [name, entries] of [
  ['only we wrote it', [ours(spec({ 'f:replicas': {} }))]],
  ['a status', [wrote('kubelet', { 'f:status': {} }, { subresource: 'status' })]],
  ['what Kubernetes works out', [wrote('kube-controller-manager', spec({ 'f:replicas': {} }))]],
  [
    'an old version, whose fields we cannot name',
    [wrote('a', spec({}), { apiVersion: 'apps/v1beta2' })],
  ],
  ['nothing', []],
] as const) {
  test(`nothing to take over: ${name}`, () => {
    assert.equal(takenOver(object([...entries])), undefined)
  })
}

test('whom it was taken from', () => {
  const entries = [
    wrote('kubectl', {}),
    wrote('helm', {}),
    wrote('kubectl', {}, { operation: 'Apply' }),
  ]
  const status = wrote('kube-controller-manager', {}, { subresource: 'status' })
  assert.deepEqual(formerManagers(object([...entries, status])), ['helm', 'kubectl'])
})

const keys = fc.constantFrom(
  '.',
  'f:a',
  'f:metadata',
  'f:caBundle',
  'k:{"name":"a"}',
  'f:__proto__',
)
const treesOf = (depth: number): fc.Arbitrary<FieldTree> =>
  depth === 0 ? fc.constant({}) : fc.dictionary(keys, treesOf(depth - 1), { maxKeys: 3 })

/** Every path of a tree, each once. */
const pathsIn = (tree: FieldTree, at = ''): string[] =>
  Object.entries(tree).flatMap(([key, one]) => [`${at}/${key}`, ...pathsIn(one, `${at}/${key}`)])

test('afterwards no field is lost, none is anybody else’s, and there is nothing more to take', () => {
  fc.assert(
    fc.property(fc.array(treesOf(4), { maxLength: 4 }), (written) => {
      const entries = written.map((fields, index) => wrote(`manager-${index}`, fields))
      const after = takenOver(object(entries))
      if (!after) return
      const paths = (list: readonly ManagedFields[]) =>
        new Set(list.flatMap(({ fieldsV1 = {} }) => pathsIn(fieldsV1)))
      const isOurs = ({ manager }: ManagedFields) => manager === FIELD_MANAGER
      const bundles = [...paths(entries)].filter((path) => path.includes('f:caBundle'))
      const kept = paths(entries).difference(new Set(bundles))
      assert.deepEqual([...kept.difference(paths(after))], [])
      for (const path of paths(after.filter((one) => !isOurs(one))))
        assert.match(path, /^\/f:metadata/)
      assert.equal(takenOver(object(after)), undefined)
    }),
  )
})

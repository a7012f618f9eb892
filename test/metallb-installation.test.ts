// What installing us over a plain MetalLB does to each of its objects, by kind, namespace and name: which
// become ours, which are left over, and whether the API server would take ours in their place.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { installed, type Manifest } from './support/manifests.ts'
import { type MetallbObject, metallbInstallation } from './support/metallb-installation.ts'

const nameOf = ({ kind, metadata }: MetallbObject) =>
  [kind, metadata.namespace, metadata.name].filter(Boolean).join(' ')
const OURS = new Map(installed().map((one): [string, Manifest] => [nameOf(one.object), one]))
const THEIRS = metallbInstallation()
const replaced = THEIRS.filter((one) => OURS.has(nameOf(one)))

suite('MetalLB, and us over it', () => {
  test('every object of MetalLB is replaced by one of ours but one Role and its binding', () => {
    assert.deepEqual(THEIRS.filter((one) => !OURS.has(nameOf(one))).map(nameOf), [
      'Role metallb-system pod-lister',
      'RoleBinding metallb-system pod-lister',
    ])
  })

  test('what is ours and not MetalLB’s, apart from definitions', () => {
    const known = new Set(THEIRS.map(nameOf))
    const added = [...OURS.keys()].filter((name) => !known.has(name))
    assert.deepEqual(
      added.filter((name) => !name.startsWith('CustomResourceDefinition')).toSorted(),
      [
        'PodDisruptionBudget metallb-system controller',
        'Role metallb-system speaker',
        'RoleBinding metallb-system speaker',
        'Service metallb-system controller-monitor-service',
        'Service metallb-system speaker-monitor-service',
      ],
    )
  })

  for (const theirs of replaced) {
    const ours = OURS.get(nameOf(theirs))!.object
    test(`${nameOf(theirs)}: ours may take its place`, () => {
      assert.equal(ours.apiVersion, theirs.apiVersion)
      assert.deepEqual(immutable(ours), immutable(theirs))
    })
  }

  test('what cannot be changed is there to compare', () => {
    const fixed = replaced.filter((one) => Object.values(immutable(one)).some(Boolean))
    assert.deepEqual(fixed.map(({ kind }) => kind).toSorted(), [
      'ClusterRoleBinding',
      'ClusterRoleBinding',
      'DaemonSet',
      'Deployment',
      'RoleBinding',
    ])
  })
})

/** An update that changes one of these is refused. */
const immutable = ({ kind, spec, roleRef, type }: MetallbObject) => ({
  roleRef,
  selector: /^(?:DaemonSet|Deployment)$/.test(kind) ? spec.selector : undefined,
  // A Secret without a type is Opaque.
  type: kind === 'Secret' && type !== 'Opaque' ? type : undefined,
})

// manifests/operator: what its Pod and its account are given is argued for, and no more than is needed; and
// both ways to install it yield the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { V1Deployment, V1PolicyRule } from '@kubernetes/client-node'
import { parseAllDocuments } from 'yaml'
import { onlyFlags } from '../src/cmd/flags.ts'
import { help } from '../src/cmd/operator.ts'
import { readBase } from '../src/operator/base.ts'
import { isOperated } from '../src/operator/installation.ts'
import { buildObjects, type KubeObject, keyOf } from '../src/operator/objects.ts'
import { silentRules } from './support/manifests.ts'
import { find, read } from './support/source.ts'

const objectsIn = (path: string) =>
  parseAllDocuments(read(path)).map((one) => one.toJS() as KubeObject)
const PATHS = find('manifests/operator/*.yaml').filter(
  (path) => !path.endsWith('kustomization.yaml'),
)
const OWN = PATHS.flatMap(objectsIn)
const INSTALLED = buildObjects(readBase(), {})
const deployment = OWN.find(({ kind }) => kind === 'Deployment') as unknown as V1Deployment
const pod = deployment.spec!.template.spec!
const [container] = pod.containers

test('every rule says what it is for', () => {
  const roles = OWN.filter(({ kind }) => kind.endsWith('Role'))
  assert.equal(roles.length, 2)
  assert.deepEqual(PATHS.flatMap(silentRules), [])
  for (const rule of roles.flatMap(({ rules }) => rules as V1PolicyRule[])) {
    const { apiGroups = [], resources = [], verbs } = rule
    assert.doesNotMatch(
      [...apiGroups, ...resources, ...verbs].join(' '),
      /\*|escalate|bind|impersonate/,
    )
    assert.ok(!apiGroups.includes('rbac.authorization.k8s.io'), 'it gives nobody rights')
  }
})

test('what it may make and change are the objects it makes, by their names', () => {
  const rules = OWN.flatMap(({ rules = [] }) => rules as V1PolicyRule[])
  const named = rules
    .filter(({ verbs }) => verbs.includes('create') && verbs.includes('patch'))
    .flatMap(({ resources = [], resourceNames = [] }) =>
      resources.flatMap((resource) => resourceNames.map((name) => `${resource}/${name}`)),
    )
  const made = INSTALLED.filter(isOperated).map(
    ({ kind, metadata }) => `${kind.toLowerCase()}s/${metadata.name}`,
  )
  assert.deepEqual(named.toSorted(), made.toSorted())
})

test('the operator is nobody, and cannot write to its image', () => {
  assert.partialDeepStrictEqual(pod, {
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65534,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  })
  assert.deepEqual([pod.hostNetwork, pod.hostPID, pod.hostIPC], [undefined, undefined, undefined])
  assert.deepEqual(container!.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  assert.deepEqual(Object.keys(container!.resources!.requests!).toSorted(), ['cpu', 'memory'])
  assert.equal(container!.resources!.limits!.cpu, undefined)
})

test('its command line and variables are taken, and its probes ask where it answers', () => {
  const [command, ...args] = container!.args!
  assert.equal(command, 'operator')
  const env = Object.fromEntries(container!.env!.map(({ name, value = 'a' }) => [name, value]))
  const flags = onlyFlags(help.flags, args, env)
  assert.partialDeepStrictEqual(flags, {
    ...{ namespace: 'a', controllerImage: 'ferrule:dev', speakerImage: 'ferrule:dev' },
    ...{ frrImage: 'ferrule-frr:dev', port: 8080 },
  })
  const [port] = container!.ports!
  assert.equal(port!.containerPort, flags.port)
  for (const { httpGet } of [container!.livenessProbe!, container!.readinessProbe!]) {
    assert.equal(httpGet!.port, port!.name)
  }
})

test('the one file has the namespace, the definitions, rights and accounts, and the operator', () => {
  const beside = INSTALLED.filter((one) => !isOperated(one))
  assert.deepEqual(
    objectsIn('manifests/operator.yaml').map(keyOf).toSorted(),
    [...beside, ...OWN].map(keyOf).toSorted(),
  )
})

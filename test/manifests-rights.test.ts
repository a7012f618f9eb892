// What the manifests let containers and accounts do: nothing that is not argued for where it is asked,
// and no more than the code needs. The same rules, as an API server understands them, are in
// kube/manifests.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { V1Capabilities, V1PolicyRule } from '@kubernetes/client-node'
import { parse } from 'yaml'
import { RESOURCES } from '../src/kube/resources.ts'
import { containersOf, installed, optional, podOf, silentRules } from './support/manifests.ts'
import { find, read } from './support/source.ts'

const ALL = [...installed(), ...optional()]
const WORKLOADS = ALL.filter(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet')
const ROLES = ALL.filter(({ kind }) => kind.endsWith('Role'))

test('every rule says what it is for', () => {
  assert.equal(ROLES.length, 6)
  const paths = [...new Set(ROLES.map(({ path }) => path))]
  assert.deepEqual(paths.flatMap(silentRules), [])
})

for (const { path, name, object } of ROLES) {
  test(`${path}: nothing in ${name} is a wildcard`, () => {
    for (const rule of object.rules as V1PolicyRule[]) {
      const { apiGroups = [], resources = [], nonResourceURLs = [], verbs } = rule
      const words = [...apiGroups, ...resources, ...nonResourceURLs, ...verbs]
      assert.doesNotMatch(words.join(' '), /\*/)
    }
  })
}

for (const [role, unread] of [
  // Where the endpoints are is the speakers' business, and so is what they write about themselves.
  ['controller', ['BGPSessionState', 'EndpointSlice', 'ServiceBGPStatus', 'ServiceL2Status']],
  ['speaker', []],
] as const) {
  test(`the ${role} may list and watch every kind it reads`, () => {
    const rules = ROLES.filter(({ name }) => name.endsWith(role)).flatMap(
      ({ object }) => object.rules as V1PolicyRule[],
    )
    const mayRead = ({ apiVersion, plural }: { apiVersion: string; plural: string }) => {
      const group = apiVersion.includes('/') ? apiVersion.split('/')[0]! : ''
      return rules.some(
        ({ apiGroups, resources, resourceNames, verbs }) =>
          apiGroups?.includes(group) &&
          resources?.includes(plural) &&
          // Of these one is read, and by its name.
          (!resourceNames || ['configmaps', 'metallbs'].includes(plural)) &&
          ['list', 'watch'].every((verb) => verbs.includes(verb)),
      )
    }
    const denied = Object.values(RESOURCES).filter((resource) => !mayRead(resource))
    assert.deepEqual(denied.map(({ kind }) => kind).toSorted(), unread)
  })
}

/** What a container has beyond nothing. Whoever adds to it has to say why, here and there. */
const CAPABILITIES: Readonly<Record<string, V1Capabilities>> = {
  controller: { drop: ['ALL'] },
  'cp-frr-files': { drop: ['ALL'] },
  speaker: { drop: ['ALL'], add: ['NET_RAW'] },
  frr: {
    drop: ['ALL'],
    add: ['NET_ADMIN', 'NET_RAW', 'NET_BIND_SERVICE', 'SYS_ADMIN', 'SETUID', 'SETGID'],
  },
}

for (const { name, securityContext, resources } of WORKLOADS.flatMap(containersOf)) {
  test(`container ${name} cannot write to its image or gain rights`, () => {
    assert.partialDeepStrictEqual(securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
    })
    assert.equal(securityContext?.privileged, undefined)
    assert.deepEqual(securityContext?.capabilities, CAPABILITIES[name])
  })

  test(`container ${name} says what it needs, and is never throttled`, () => {
    assert.deepEqual(Object.keys(resources?.requests ?? {}).toSorted(), ['cpu', 'memory'])
    assert.equal(resources?.limits?.cpu, undefined)
  })
}

for (const workload of WORKLOADS) {
  const pod = podOf(workload)

  test(`${workload.name}: no part of the node but, for speakers, its network`, () => {
    const { hostNetwork = false, hostPID, hostIPC, shareProcessNamespace } = pod
    assert.equal(hostNetwork, workload.name === 'speaker')
    assert.deepEqual([hostPID, hostIPC, shareProcessNamespace], [undefined, undefined, undefined])
    assert.deepEqual(
      pod.volumes?.filter(({ hostPath }) => hostPath),
      [],
    )
    assert.deepEqual(pod.securityContext?.seccompProfile, { type: 'RuntimeDefault' })
  })

  test(`${workload.name}: only the container of that name gets the credentials`, () => {
    const account = ALL.find(
      ({ kind, name }) => kind === 'ServiceAccount' && name === pod.serviceAccountName,
    )
    assert.equal(account!.object.automountServiceAccountToken, false)
    const token = pod.volumes!.find(({ projected }) =>
      projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken),
    )!
    const holders = containersOf(workload).filter(({ volumeMounts = [] }) =>
      volumeMounts.some((mount) => mount.name === token.name),
    )
    assert.deepEqual(
      holders.map(({ name }) => name),
      [workload.name],
    )
  })
}

test('the controller is nobody', () => {
  const { runAsNonRoot, runAsUser } = podOf(WORKLOADS[0]!).securityContext!
  assert.deepEqual([runAsNonRoot, runAsUser], [true, 65534])
})

test('no daemon of FRR listens on TCP', () => {
  const { data } = parse(read('manifests/speaker/frr-startup.yaml'))
  const options = [...data.daemons.matchAll(/^(\w+)_options="(.*)"$/gm)].map(
    ([, daemon, flags]) => [daemon, flags] as const,
  )
  assert.deepEqual(
    options.map(([daemon]) => daemon),
    ['zebra', 'mgmtd', 'staticd', 'bgpd', 'bfdd'],
  )
  for (const [daemon, flags] of options) assert.match(flags, /(?:^| )-P 0(?: |$)/, daemon)
  assert.match(options.find(([daemon]) => daemon === 'bgpd')![1], / -p 0 /)
})

test('no manifest has what a parser could read in two ways', () => {
  // 0440 is an octal number to kubectl, and a decimal one to YAML 1.2.
  const found = find('manifests/**/*.yaml').filter((path) => /: 0\d+\s*$/m.test(read(path)))
  assert.deepEqual(found, [])
})

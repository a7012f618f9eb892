// Facts about manifests/ that an API server does not check: whatever one object names is there, and the
// kustomizations leave out no file. What containers and accounts may do is in manifests-rights.test.ts.
import assert from 'node:assert/strict'
import { basename, dirname } from 'node:path'
import { test } from 'node:test'
import type { IntOrString, V1PolicyRule, V1Volume } from '@kubernetes/client-node'
import { help as controllerHelp } from '../src/cmd/controller.ts'
import { onlyFlags } from '../src/cmd/flags.ts'
import { gossipFlags } from '../src/cmd/gossip-flags.ts'
import { help as speakerHelp } from '../src/cmd/speaker.ts'
import {
  containersOf,
  installed,
  kustomizations,
  type Manifest,
  NOT_SOURCES,
  optional,
  podOf,
} from './support/manifests.ts'
import { find } from './support/source.ts'

const NAMESPACE = 'metallb-system'
const ALL = [...installed(), ...optional()]
const of = (...kinds: string[]) => ALL.filter(({ kind }) => kinds.includes(kind))
const WORKLOADS = of('Deployment', 'DaemonSet')
const CONTAINERS = WORKLOADS.flatMap(containersOf)
const CONVERTED = of('CustomResourceDefinition').filter(
  ({ object }) => object.spec.conversion?.strategy === 'Webhook',
)
const FLAGS = { controller: controllerHelp.flags, speaker: speakerHelp.flags }

const THERE = new Set(ALL.map(({ kind, name }) => `${kind} ${name}`))
/** Of every cluster, and made by the controller. */
const MADE_ELSEWHERE = ['ConfigMap kube-root-ca.crt', 'Secret memberlist']

function areThere(wanted: readonly string[], path: string) {
  const missing = wanted.filter((one) => !THERE.has(one) && !MADE_ELSEWHERE.includes(one))
  assert.deepEqual(missing, [], `${path} names what is not there`)
}

test('both workloads are found, with all their containers', () => {
  assert.deepEqual(
    WORKLOADS.map(({ kind, name }) => `${kind} ${name}`),
    ['Deployment controller', 'DaemonSet speaker'],
  )
  assert.deepEqual(
    CONTAINERS.map(({ name }) => name),
    ['controller', 'cp-frr-files', 'speaker', 'frr'],
  )
})

for (const { path, dir, resources } of kustomizations()) {
  test(`${path} lists every file beside it`, () => {
    const files = find(`${dir}/*.yaml`).map((file) => basename(file))
    const listed = resources.filter((one) => one.endsWith('.yaml') && !one.includes('/'))
    assert.deepEqual(
      listed.toSorted(),
      files.filter((file) => !NOT_SOURCES.includes(file)),
    )
  })
}

const whole = () => kustomizations().find(({ dir }) => dir === 'manifests')!

test('the whole is every definition and every folder, without what needs an operator', () => {
  const crds = find('manifests/crds/*.yaml').map((path) => path.slice('manifests/'.length))
  const folders = ['controller', 'speaker', 'webhook']
  assert.deepEqual(whole().resources, ['namespace.yaml', ...crds, ...folders])
})

test('every image is set in the whole, and none names a registry', () => {
  const used = new Set(CONTAINERS.map(({ image }) => image))
  assert.deepEqual(
    [...used].toSorted(),
    whole()
      .images.map(({ name }) => `${name}:dev`)
      .toSorted(),
  )
  for (const image of used) assert.doesNotMatch(image!, /\//)
})

test('every object is labelled as MetalLB is, and stands in its namespace', () => {
  const clusterWide = /^(?:Namespace|Cluster|CustomResourceDefinition|ValidatingWebhook)/
  const stray = ALL.filter(
    ({ kind, namespace }) => namespace !== (clusterWide.test(kind) ? undefined : NAMESPACE),
  )
  const unlabelled = ALL.filter(({ kind, object }) => {
    const { app, 'app.kubernetes.io/name': name } = object.metadata.labels ?? {}
    return kind !== 'CustomResourceDefinition' && (app !== 'metallb' || name !== 'metallb')
  })
  assert.deepEqual(
    [stray, unlabelled].map((list) => list.map(({ path }) => path)),
    [[], []],
  )
})

for (const { path, name, object } of of('RoleBinding', 'ClusterRoleBinding')) {
  test(`${path}: binding ${name} names a role and accounts that are there`, () => {
    // Prometheus brings an account of its own.
    const ours = object.subjects.filter((one: Manifest) => one.namespace !== 'monitoring')
    const subjects = ours.map((one: Manifest) => {
      assert.equal(one.namespace, NAMESPACE)
      return `${one.kind} ${one.name}`
    })
    areThere([`${object.roleRef.kind} ${object.roleRef.name}`, ...subjects], path)
  })
}

for (const workload of WORKLOADS) {
  const { path, name, object } = workload
  const { template } = object.spec
  const { serviceAccountName, volumes = [], topologySpreadConstraints = [] } = podOf(workload)

  test(`${name}: its account, ConfigMaps and Secrets are there`, () => {
    areThere([`ServiceAccount ${serviceAccountName}`, ...volumes.flatMap(namedBy)], path)
  })

  test(`${name}: of several containers ours is the one that kubectl means`, () => {
    const { containers } = podOf(workload)
    const meant = template.metadata.annotations['kubectl.kubernetes.io/default-container']
    assert.equal(meant, containers.length > 1 ? name : undefined)
  })

  test(`${name}: selectors match its Pods`, () => {
    const spread = topologySpreadConstraints.map(({ labelSelector }) => labelSelector)
    for (const selector of [object.spec.selector, ...spread]) {
      assert.partialDeepStrictEqual(template.metadata.labels, selector.matchLabels)
    }
  })

  test(`${name}: what is mounted is a volume, and every volume is mounted`, () => {
    const mounts = containersOf(workload).flatMap(({ volumeMounts = [] }) => volumeMounts)
    assert.deepEqual(
      [...new Set(mounts.map((mount) => mount.name))].toSorted(),
      volumes.map((volume) => volume.name).toSorted(),
    )
  })

  test(`${name}: its flags are flags, and its ports are those it listens on`, () => {
    const container = podOf(workload).containers.find((one) => one.name === name)!
    const [command, ...args] = container.args!
    assert.equal(command, name)
    const flags = onlyFlags(FLAGS[name as keyof typeof FLAGS], args, {})
    assert.equal(portOf(container, 'metricshttps'), flags.port)
    assert.equal(portOf(container, 'monitoring'), flags.metricsPlainPort)
    const { annotations } = template.metadata
    assert.equal(annotations['prometheus.io/port'], `${flags.metricsPlainPort}`)
    for (const { httpGet } of [container.livenessProbe!, container.readinessProbe!]) {
      const { host, port } = httpGet!
      assert.equal(portOf(container, port) ?? port, flags.healthProbePort)
      // Where it listens: a speaker has the node's network, and tells this node only.
      assert.equal(host, podOf(workload).hostNetwork ? '127.0.0.1' : undefined)
    }
  })
}

/** What is optional is for the user to make. */
const namedBy = ({ secret, configMap, projected }: V1Volume): string[] => [
  ...(secret ? [`Secret ${secret.secretName}`] : []),
  ...[{ configMap }, ...(projected?.sources ?? [])].flatMap((source) =>
    source.configMap && !source.configMap.optional ? [`ConfigMap ${source.configMap.name}`] : [],
  ),
]

test('the gossip finds the speakers by their labels, listens on its ports and reads what is mounted', () => {
  const workload = WORKLOADS.find(({ name }) => name === 'speaker')!
  const container = podOf(workload).containers.find(({ name }) => name === 'speaker')!
  const env = Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]))
  const flags = onlyFlags(gossipFlags, [], env)
  const { labels } = workload.object.spec.template.metadata
  const selected = flags.mlLabels.split(',').map((one) => one.split('='))
  assert.partialDeepStrictEqual(labels, Object.fromEntries(selected))
  const gossiping = container.ports!.filter(
    ({ containerPort }) => containerPort === flags.mlBindport,
  )
  assert.deepEqual(gossiping.map(({ protocol }) => protocol).toSorted(), ['TCP', 'UDP'])
  const mounted = container.volumeMounts!.map(({ mountPath }) => mountPath)
  for (const dir of [flags.mlSecretKeyPath, dirname(flags.mlConfigFile)]) {
    assert.ok(mounted.includes(dir), dir)
  }
})

const portOf = (
  { ports = [] }: { ports?: { name?: string; containerPort: number }[] },
  name: IntOrString,
) => ports.find((port) => port.name === name)?.containerPort

for (const { name, object } of of('Service')) {
  test(`Service ${name} leads to a port of the Pods it selects`, () => {
    const behind = WORKLOADS.filter(({ object: { spec } }) =>
      matches(spec.template.metadata.labels, object.spec.selector),
    )
    assert.equal(behind.length, 1)
    const container = podOf(behind[0]!).containers[0]!
    for (const { targetPort } of object.spec.ports) assert.ok(portOf(container, targetPort))
  })
}

test('what limits disruption selects something', () => {
  const [budget] = of('PodDisruptionBudget')
  const controller = WORKLOADS[0]!.object.spec.template.metadata.labels
  assert.partialDeepStrictEqual(controller, budget!.object.spec.selector.matchLabels)
})

/** As a guide to MetalLB has it: plain, from a namespace of Prometheus' own. */
const GUIDES = {
  selector: { matchLabels: { 'app.kubernetes.io/name': 'metallb' } },
  namespaceSelector: { matchNames: ['metallb-system'] },
  endpoints: [{ port: 'monitoring', interval: '30s' }],
}

for (const [what, spec] of [
  ['ours', of('ServiceMonitor')[0]!.object.spec],
  ['that of a guide', GUIDES],
] as const) {
  test(`a ServiceMonitor finds both roles, where its scheme is spoken: ${what}`, () => {
    const { selector, namespaceSelector, endpoints } = spec
    assert.deepEqual(namespaceSelector.matchNames, [NAMESPACE])
    const monitored = of('Service').filter(
      ({ object }) =>
        matches(object.metadata.labels, selector.matchLabels) &&
        object.spec.ports.some((port: { name: string }) => port.name === endpoints[0].port),
    )
    assert.deepEqual(
      monitored.map(({ name }) => name),
      ['controller-monitor-service', 'speaker-monitor-service'],
    )
    const isSecured = endpoints[0].port === 'metricshttps'
    assert.equal('scheme' in endpoints[0] && endpoints[0].scheme === 'https', isSecured)
    assert.equal('bearerTokenFile' in endpoints[0], isSecured)
  })
}

const matches = (labels: Record<string, string>, selector: Record<string, string>) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value)

test('the API server is sent to a Service that is there, by webhooks and conversions', () => {
  const webhooks = of('ValidatingWebhookConfiguration').flatMap(({ object }) => object.webhooks)
  assert.equal(webhooks.length, 7)
  const conversions = CONVERTED.map(({ object }) => object.spec.conversion.webhook)
  for (const { clientConfig } of [...webhooks, ...conversions]) {
    assert.equal(clientConfig.service.namespace, NAMESPACE)
    areThere([`Service ${clientConfig.service.name}`], 'a webhook')
  }
})

test('the controller may say who signed its certificate wherever the API server asks it', () => {
  const role = ALL.find(({ name }) => name === 'metallb-system:controller')!
  const patched = (role.object.rules as V1PolicyRule[])
    .filter(({ resourceNames, verbs }) => resourceNames && verbs.includes('patch'))
    .flatMap(({ resourceNames }) => resourceNames!)
  const asked = [...of('ValidatingWebhookConfiguration'), ...CONVERTED]
  assert.deepEqual(patched.toSorted(), asked.map(({ name }) => name).toSorted())
})

test('a webhook is asked about a version that is stored and served', () => {
  for (const { rules } of of('ValidatingWebhookConfiguration')[0]!.object.webhooks) {
    const [{ apiGroups, apiVersions, resources }] = rules
    const crd = ALL.find(({ name }) => name === `${resources[0]}.${apiGroups[0]}`)
    const versions = crd?.object.spec.versions.filter((one: { storage: boolean }) => one.storage)
    assert.deepEqual(
      versions?.map((one: { name: string }) => one.name),
      apiVersions,
    )
  }
})

// Every field of the MetalLB object, and where it shows in what the operator makes: the table of
// docs/operator.md, on which objects are built (src/operator) and installed (test/kube).

export interface InstallationField {
  readonly field: string
  /** As the page has it. */
  readonly where: string
  /** An example of it. */
  readonly spec: Readonly<Record<string, unknown>>
  /** What it makes of the objects; nothing where it has no effect on them. */
  readonly shows: readonly Shown[]
  /** What a condition says of it then. */
  readonly note?: string
}

export interface Shown {
  readonly object: string
  readonly path: readonly (string | number)[]
  readonly value: unknown
}

const SPEAKER = 'DaemonSet/speaker'
const CONTROLLER = 'Deployment/controller'
const POD = ['spec', 'template', 'spec']

const onNodes = {
  nodeAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight: 50, preference: { matchExpressions: [{ key: 'rack', operator: 'Exists' }] } },
    ],
  },
}
const resources = { limits: { memory: '300Mi' }, requests: { cpu: '25m', memory: '100Mi' } }
const taint = { key: 'Example', operator: 'Exists', effect: 'NoExecute' }
const builtIn = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'].map(
  (key) => ({ key, operator: 'Exists', effect: 'NoSchedule' }),
)

const shown = (object: string, path: readonly (string | number)[], value: unknown): Shown => ({
  ...{ object, value },
  path: [...POD, ...path],
})

function componentFields(config: string, object: string, container: number): InstallationField[] {
  const [, name] = object.split('/')
  const one = (
    field: string,
    where: string,
    value: unknown,
    path: readonly (string | number)[],
  ) => ({
    field: `${config}.${field}`,
    where: `Pods of the ${name}: ${where}`,
    spec: { [config]: { [field]: value } },
    shows: [shown(object, path, value)],
  })
  const annotations = { 'example.org/team': 'network' }
  const forKubectl = { 'kubectl.kubernetes.io/default-container': 'speaker' }
  const annotated = {
    ...(name === 'speaker' ? forKubectl : {}),
    ...{ 'prometheus.io/port': '7472', 'prometheus.io/scrape': 'true' },
    ...annotations,
  }
  return [
    one('priorityClassName', '`priorityClassName`', 'high-priority', ['priorityClassName']),
    one('runtimeClassName', '`runtimeClassName`', 'sandboxed', ['runtimeClassName']),
    one('affinity', '`affinity`', onNodes, ['affinity']),
    {
      ...one('annotations', 'annotations, beside those for Prometheus', annotations, []),
      shows: [{ object, path: ['spec', 'template', 'metadata', 'annotations'], value: annotated }],
    },
    one('resources', `\`resources\` of the container \`${name}\``, resources, [
      ...['containers', container, 'resources'],
    ]),
  ]
}

const os = { 'kubernetes.io/os': 'linux' }

export const INSTALLATION_FIELDS: readonly InstallationField[] = [
  {
    field: 'nodeSelector',
    where: 'Pods of the speaker: `nodeSelector`, beside `kubernetes.io/os: linux`',
    spec: { nodeSelector: { rack: 'left' } },
    shows: [shown(SPEAKER, ['nodeSelector'], { ...os, rack: 'left' })],
  },
  {
    field: 'speakerTolerations',
    where: 'Pods of the speaker: `tolerations`, after those for control plane nodes',
    spec: { speakerTolerations: [taint] },
    shows: [shown(SPEAKER, ['tolerations'], [...builtIn, taint])],
  },
  {
    field: 'controllerNodeSelector',
    where: 'Pods of the controller: `nodeSelector`, beside `kubernetes.io/os: linux`',
    spec: { controllerNodeSelector: { rack: 'right' } },
    shows: [shown(CONTROLLER, ['nodeSelector'], { ...os, rack: 'right' })],
  },
  {
    field: 'controllerTolerations',
    where: 'Pods of the controller: `tolerations`',
    spec: { controllerTolerations: [taint] },
    shows: [shown(CONTROLLER, ['tolerations'], [taint])],
  },
  ...componentFields('controllerConfig', CONTROLLER, 0),
  ...componentFields('speakerConfig', SPEAKER, 0),
  {
    field: 'loadBalancerClass',
    where: 'Both: the flag `--lb-class`',
    spec: { loadBalancerClass: 'example.org/metallb' },
    shows: [CONTROLLER, SPEAKER].map((object) =>
      shown(object, ['containers', 0, 'args', -1], '--lb-class=example.org/metallb'),
    ),
  },
  {
    field: 'logLevel',
    where:
      'Nowhere: all that run read it in the object and follow it within a second; no Pod starts anew',
    spec: { logLevel: 'debug' },
    shows: [],
  },
  {
    field: 'bgpBackend',
    where: 'Nowhere: FRR beside each speaker, whichever is named. `frr-k8s-external` is not served',
    spec: { bgpBackend: 'native' },
    shows: [],
    note: 'bgpBackend native (FRR speaks BGP)',
  },
  {
    field: 'frrk8sConfig.alwaysBlock',
    where: 'Nowhere: no prefix of any neighbour is accepted, so these are not either',
    spec: { frrk8sConfig: { alwaysBlock: ['192.0.2.0/24'] } },
    shows: [],
    note: 'frrk8sConfig.alwaysBlock (no prefix of any neighbour is accepted)',
  },
  {
    field: 'frrk8sConfig.namespace',
    where: 'Nowhere: no frr-k8s is asked',
    spec: { frrk8sConfig: { namespace: 'frr-k8s-system' } },
    shows: [],
    note: 'frrk8sConfig.namespace (no frr-k8s is asked)',
  },
  {
    field: 'frrk8sConfig.secretPassthrough',
    where: 'Nowhere: no frr-k8s is asked',
    spec: { frrk8sConfig: { secretPassthrough: true } },
    shows: [],
    note: 'frrk8sConfig.secretPassthrough (no frr-k8s is asked)',
  },
  {
    field: 'image',
    where: 'Nowhere: the operator knows its images',
    spec: { image: 'registry.example/speaker' },
    shows: [],
    note: 'image (the operator knows its images)',
  },
]

/** What stands at a path; -1 is the last of a list. */
export function valueAt(object: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, step) => {
    if (Array.isArray(value) && typeof step === 'number') return value.at(step)
    return (value as Record<string, unknown> | undefined)?.[step]
  }, object)
}

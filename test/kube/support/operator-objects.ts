// Objects and rights with which the operator is tried: what users own beside it, what MetalLB leaves over,
// what is refused, and what its account may not do.
import { type Asked, OWN } from './operated-cluster.ts'

export const USERS = `
{apiVersion: metallb.io/v1beta1, kind: IPAddressPool, metadata: {name: pool, namespace: ${OWN}}, spec: {addresses: [192.0.2.0/24]}}
---
{apiVersion: metallb.io/v1beta2, kind: BGPPeer, metadata: {name: tor, namespace: ${OWN}}, spec: {myASN: 64512, peerASN: 64513, peerAddress: 198.51.100.1, passwordSecret: {name: tor}}}
---
{apiVersion: metallb.io/v1beta1, kind: BGPAdvertisement, metadata: {name: all, namespace: ${OWN}}}
---
{apiVersion: v1, kind: Secret, metadata: {name: tor, namespace: ${OWN}}, type: kubernetes.io/basic-auth, stringData: {password: hush}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: bgpextras, namespace: ${OWN}}, data: {extras: "! nothing"}}
`
export const CLASSES = `
{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high-priority}, value: 1000}
---
{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: sandboxed}, handler: runc}
`

interface Rule {
  readonly apiGroups: string[]
  readonly resources: string[]
  readonly resourceNames?: string[]
  readonly verbs: string[]
}

export const rightsIn = ({ apiGroups, resources, resourceNames = [''], verbs }: Rule): Asked[] =>
  apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      resourceNames.flatMap((name) => verbs.map((verb) => ({ verb, group, resource, name }))),
    ),
  )

export interface Placed {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
}

export const OWNER = {
  ...{ apiVersion: 'metallb.io/v1beta1', kind: 'MetalLB', name: 'metallb' },
  ...{ controller: true, blockOwnerDeletion: true },
}
const placed = (apiVersion: string, kind: string, name: string, spec?: object): Placed => ({
  ...{ apiVersion, kind, metadata: { name, namespace: OWN } },
  ...(spec ? { spec } : {}),
})
const pods = (app: string) => ({
  selector: { matchLabels: { app } },
  template: {
    metadata: { labels: { app } },
    spec: { containers: [{ name: app, image: 'frr-k8s' }] },
  },
})
/** What MetalLB's operator makes and ours does not. */
export const LEFTOVERS = [
  placed('apps/v1', 'DaemonSet', 'frr-k8s', pods('frr-k8s')),
  placed('apps/v1', 'Deployment', 'frr-k8s-statuscleaner', pods('frr-k8s-statuscleaner')),
  placed('v1', 'ConfigMap', 'frr-k8s-frr-startup'),
  placed('v1', 'Service', 'frr-k8s-webhook-service', { ports: [{ port: 443 }] }),
  placed('networking.k8s.io/v1', 'NetworkPolicy', 'default-deny', {
    podSelector: {},
    policyTypes: ['Ingress'],
  }),
]
/** Nobody's but theirs, whatever they are called. */
export const USERS_OWN = [
  placed('apps/v1', 'DaemonSet', 'frr-k8s-daemon', pods('frr-k8s-daemon')),
  placed('v1', 'ConfigMap', 'metallb-notes'),
  placed('networking.k8s.io/v1', 'NetworkPolicy', 'ours', { podSelector: {} }),
]

const preferred = (weight: number) => ({
  preferredDuringSchedulingIgnoredDuringExecution: [
    { weight, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname' } },
  ],
})
/** Rules that CEL keeps are tried with all others in admission.test.ts. */
export const WRONG = [
  [
    'a weight of 0',
    { speakerConfig: { affinity: { podAffinity: preferred(0) } } },
    /podAffinity.*weight: Invalid value: 0: .* should be greater than or equal to 1/,
  ],
  [
    'a weight of 101, also where MetalLB does not look',
    { controllerConfig: { affinity: { podAntiAffinity: preferred(101) } } },
    /podAntiAffinity.*weight: Invalid value: 101: .* should be less than or equal to 100/,
  ],
  [
    'a log level nobody knows',
    { logLevel: 'trace' },
    /spec.logLevel: Unsupported value: "trace": supported values: "all", "debug", "info"/,
  ],
  [
    'frr-k8s elsewhere, and nobody says where',
    { bgpBackend: 'frr-k8s-external' },
    /bgpBackend frr-k8s-external needs frrk8sConfig.namespace/,
  ],
] as const

export const FORBIDDEN = [
  ...['roles', 'rolebindings', 'serviceaccounts', 'secrets', 'pods', 'pods/exec'].map((what) => [
    'create',
    what,
  ]),
  ...['clusterroles', 'clusterrolebindings', 'customresourcedefinitions'].map((what) => [
    'patch',
    what,
  ]),
  ...[
    ['escalate', 'roles'],
    ['bind', 'clusterroles'],
    ['impersonate', 'users'],
  ],
  ...[
    ['get', 'secrets'],
    ['list', 'secrets'],
    ['delete', 'secrets/metallb-webhook-cert'],
  ],
  ...[
    ['create', 'serviceaccounts/token'],
    ['create', 'deployments/other'],
    ['patch', 'daemonsets/other'],
  ],
  ...[
    ['delete', 'ipaddresspools'],
    ['delete', 'bgppeers'],
    ['delete', 'metallbs'],
  ],
]

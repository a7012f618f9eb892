// Which objects of a cluster are gathered: all of our namespace, and of the rest what concerns us. Pure.
import { SERVICE_NAME_LABEL } from '../../api/annotations.ts'
import { GROUP } from '../../api/kinds.ts'

export interface GatheredKind {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  /** Everywhere, or of our namespace only. */
  readonly scope: 'namespace' | 'cluster'
  /** Absent: all of them. */
  readonly concerns?: (object: Item, seen: Seen) => boolean
}

export interface Item {
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly spec?: { readonly type?: string }
}

/** What earlier kinds in the list brought. */
export interface Seen {
  /** `namespace/name` of Services of type LoadBalancer. */
  readonly services: ReadonlySet<string>
}

const own = (apiVersion: string, kind: string, plural: string): GatheredKind => ({
  ...{ apiVersion, kind, plural, scope: 'namespace' },
})
const all = (
  apiVersion: string,
  kind: string,
  plural: string,
  concerns?: GatheredKind['concerns'],
): GatheredKind => ({
  ...{ apiVersion, kind, plural, scope: 'cluster' },
  ...(concerns ? { concerns } : {}),
})

export const serviceKeyOf = ({ metadata }: Item): string => `${metadata.namespace}/${metadata.name}`

const ofUs = ({ metadata }: Item): boolean => /metallb|ferrule/i.test(metadata.name)
const isBalanced = ({ spec }: Item): boolean => spec?.type === 'LoadBalancer'
const isOfOurs = ({ metadata }: Item, { services }: Seen): boolean =>
  services.has(`${metadata.namespace}/${metadata.labels?.[SERVICE_NAME_LABEL]}`)

const [BETA1, RBAC, ADMISSION] = [
  ...[`${GROUP}/v1beta1`, 'rbac.authorization.k8s.io/v1', 'admissionregistration.k8s.io/v1'],
] as const

/** Those with passwords first: then they are known, and found in all the rest. */
export const GATHERED_KINDS: readonly GatheredKind[] = [
  own('v1', 'Secret', 'secrets'),
  own(`${GROUP}/v1beta2`, 'BGPPeer', 'bgppeers'),
  own('v1', 'ConfigMap', 'configmaps'),
  own(BETA1, 'MetalLB', 'metallbs'),
  own(BETA1, 'IPAddressPool', 'ipaddresspools'),
  own(BETA1, 'AddressPool', 'addresspools'),
  own(BETA1, 'BGPAdvertisement', 'bgpadvertisements'),
  own(BETA1, 'L2Advertisement', 'l2advertisements'),
  own(BETA1, 'BFDProfile', 'bfdprofiles'),
  own(BETA1, 'Community', 'communities'),
  own(BETA1, 'ServiceBGPStatus', 'servicebgpstatuses'),
  own(BETA1, 'ServiceL2Status', 'servicel2statuses'),
  own(BETA1, 'ConfigurationState', 'configurationstates'),
  own(`frrk8s.${GROUP}/v1beta1`, 'BGPSessionState', 'bgpsessionstates'),
  own('apps/v1', 'DaemonSet', 'daemonsets'),
  own('apps/v1', 'Deployment', 'deployments'),
  own('apps/v1', 'ReplicaSet', 'replicasets'),
  own('v1', 'Pod', 'pods'),
  own('v1', 'Service', 'services'),
  own('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'),
  own('v1', 'ServiceAccount', 'serviceaccounts'),
  own(RBAC, 'Role', 'roles'),
  own(RBAC, 'RoleBinding', 'rolebindings'),
  own('coordination.k8s.io/v1', 'Lease', 'leases'),
  own('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  own('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  own('v1', 'Event', 'events'),
  all('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', (one) =>
    one.metadata.name.endsWith(`.${GROUP}`),
  ),
  all('v1', 'Node', 'nodes'),
  all('v1', 'Namespace', 'namespaces'),
  all('v1', 'Service', 'services', isBalanced),
  all('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', isOfOurs),
  all(RBAC, 'ClusterRole', 'clusterroles', ofUs),
  all(RBAC, 'ClusterRoleBinding', 'clusterrolebindings', ofUs),
  all(ADMISSION, 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', ofUs),
]

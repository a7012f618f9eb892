// Which path of the API serves which kind. Pure.
import { FRR_K8S_GROUP } from '../api/bgp-session-state.ts'
import { GROUP, type KindName } from '../api/kinds.ts'

export type StatusKind =
  | 'ServiceBGPStatus'
  | 'ServiceL2Status'
  | 'BGPSessionState'
  | 'ConfigurationState'
export type ServedKind = KindName | StatusKind

export interface Resource {
  readonly apiVersion: string
  readonly kind: ServedKind
  readonly plural: string
}

const of = (apiVersion: string, kind: ServedKind, plural: string): Resource => ({
  apiVersion,
  kind,
  plural,
})
const V1BETA1 = `${GROUP}/v1beta1`

export const RESOURCES: { readonly [Kind in ServedKind]: Resource } = {
  IPAddressPool: of(V1BETA1, 'IPAddressPool', 'ipaddresspools'),
  AddressPool: of(V1BETA1, 'AddressPool', 'addresspools'),
  BGPPeer: of(`${GROUP}/v1beta2`, 'BGPPeer', 'bgppeers'),
  BGPAdvertisement: of(V1BETA1, 'BGPAdvertisement', 'bgpadvertisements'),
  L2Advertisement: of(V1BETA1, 'L2Advertisement', 'l2advertisements'),
  BFDProfile: of(V1BETA1, 'BFDProfile', 'bfdprofiles'),
  Community: of(V1BETA1, 'Community', 'communities'),
  MetalLB: of(V1BETA1, 'MetalLB', 'metallbs'),
  ServiceBGPStatus: of(V1BETA1, 'ServiceBGPStatus', 'servicebgpstatuses'),
  ServiceL2Status: of(V1BETA1, 'ServiceL2Status', 'servicel2statuses'),
  BGPSessionState: of(`${FRR_K8S_GROUP}/v1beta1`, 'BGPSessionState', 'bgpsessionstates'),
  ConfigurationState: of(V1BETA1, 'ConfigurationState', 'configurationstates'),
  Service: of('v1', 'Service', 'services'),
  EndpointSlice: of('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'),
  Node: of('v1', 'Node', 'nodes'),
  Namespace: of('v1', 'Namespace', 'namespaces'),
  Secret: of('v1', 'Secret', 'secrets'),
  ConfigMap: of('v1', 'ConfigMap', 'configmaps'),
}

export interface Place {
  /** Absent: of all namespaces, or of a kind that has none. */
  readonly namespace?: string | undefined
  /** Absent: the list. */
  readonly name?: string
  readonly subresource?: 'status'
}

export function pathOf(
  { apiVersion, plural }: Pick<Resource, 'apiVersion' | 'plural'>,
  { namespace, name, subresource }: Place = {},
): string {
  const steps = [
    apiVersion.includes('/') ? '/apis' : '/api',
    apiVersion,
    ...(namespace ? ['namespaces', encodeURIComponent(namespace)] : []),
    plural,
    ...(name === undefined ? [] : [encodeURIComponent(name)]),
    ...(subresource ? [subresource] : []),
  ]
  return steps.join('/')
}

/** `services`, `services/status`: what a path is about, without namespaces and names. */
export function resourceOf(path: string): string {
  const [bare = ''] = path.split('?')
  const steps = bare.split('/').slice(bare.startsWith('/apis/') ? 4 : 3)
  const isInNamespace = steps[0] === 'namespaces' && steps.length > 2
  const [plural = '', , subresource] = isInNamespace ? steps.slice(2) : steps
  if (plural === '') return bare
  return subresource === undefined ? plural : `${plural}/${subresource}`
}

// Every kind that is installed with us: its names, its versions with their schemas, and the columns
// `kubectl get` prints. `crd.ts` and `reference.ts` are two views of this list.
import { z } from 'zod'
import { AddressPoolSpec } from './address-pool.ts'
import { BfdProfileSpec } from './bfd-profile.ts'
import { BgpAdvertisementSpec } from './bgp-advertisement.ts'
import { BgpPeerSpec } from './bgp-peer.ts'
import { WrittenBgpPeerV1Beta1 } from './bgp-peer-v1beta1.ts'
import { BgpSessionStateStatus, FRR_K8S_GROUP } from './bgp-session-state.ts'
import { CommunitySpec } from './community.ts'
import { ConfigurationStateStatus } from './configuration-state.ts'
import { IpAddressPoolSpec, IpAddressPoolStatus } from './ip-address-pool.ts'
import { L2AdvertisementSpec } from './l2-advertisement.ts'
import { MetalLbSpec, MetalLbStatus, ONLY_ONE } from './metallb.ts'
import type { Law } from './rules.ts'
import { ServiceBgpStatusStatus } from './service-bgp-status.ts'
import { ServiceL2StatusStatus } from './service-l2-status.ts'

export interface Definition {
  /** Absent: `metallb.io`. */
  readonly group?: string
  readonly kind: string
  readonly plural: string
  readonly description: string
  /** The name of the version in which objects are stored. */
  readonly storage: string
  readonly versions: readonly Version[]
  readonly columns: readonly Column[]
  /** About more than spec or status: the API server shows a rule of the whole object its name, too. */
  readonly laws?: readonly Law[]
}

export interface Version {
  readonly name: string
  /** What a user is told who still uses this version. */
  readonly deprecation?: string
  readonly spec?: z.ZodType
  readonly specRequired?: true
  readonly status: z.ZodType
}

export interface Column {
  readonly name: string
  readonly type: 'string' | 'boolean' | 'integer' | 'date'
  readonly jsonPath: string
  readonly description?: string
  /** Above 0: only with `-o wide`. */
  readonly priority?: number
}

const nothing = z.strictObject({})
const column = (name: string, type: Column['type'], jsonPath: string): Column => ({
  name,
  type,
  jsonPath,
})
const age = column('Age', 'date', '.metadata.creationTimestamp')
const wide = (one: Column): Column => ({ ...one, priority: 10 })
const selectedPools = [
  column('IPAddressPools', 'string', '.spec.ipAddressPools'),
  column('IPAddressPool Selectors', 'string', '.spec.ipAddressPoolSelectors'),
]
const selectedNodes = wide(column('Node Selectors', 'string', '.spec.nodeSelectors'))
const service = [
  column('Service Name', 'string', '.status.serviceName'),
  column('Service Namespace', 'string', '.status.serviceNamespace'),
]
const phase = (type: string, description: string): Column => ({
  ...column(type, 'string', `.status.conditions[?(@.type=='${type}')].status`),
  description,
})

export const DEFINITIONS: readonly Definition[] = [
  {
    kind: 'IPAddressPool',
    plural: 'ipaddresspools',
    description: 'Addresses that may be given to Services of type LoadBalancer.',
    storage: 'v1beta1',
    versions: [
      { name: 'v1beta1', spec: IpAddressPoolSpec, specRequired: true, status: IpAddressPoolStatus },
    ],
    columns: [
      column('Auto Assign', 'boolean', '.spec.autoAssign'),
      column('Avoid Buggy IPs', 'boolean', '.spec.avoidBuggyIPs'),
      column('Addresses', 'string', '.spec.addresses'),
    ],
  },
  {
    kind: 'BGPPeer',
    plural: 'bgppeers',
    description: 'A BGP neighbour of the nodes, and the session with it.',
    storage: 'v1beta2',
    versions: [
      {
        name: 'v1beta1',
        deprecation: 'v1beta1 is deprecated, please use v1beta2',
        spec: WrittenBgpPeerV1Beta1,
        status: nothing,
      },
      { name: 'v1beta2', spec: BgpPeerSpec, status: nothing },
    ],
    columns: [
      column('Address', 'string', '.spec.peerAddress'),
      column('ASN', 'string', '.spec.peerASN'),
      column('BFD Profile', 'string', '.spec.bfdProfile'),
      column('Multi Hops', 'string', '.spec.ebgpMultiHop'),
    ],
  },
  {
    kind: 'BGPAdvertisement',
    plural: 'bgpadvertisements',
    description: 'Announces addresses of some pools to BGP neighbours, and how.',
    storage: 'v1beta1',
    versions: [{ name: 'v1beta1', spec: BgpAdvertisementSpec, status: nothing }],
    columns: [...selectedPools, column('Peers', 'string', '.spec.peers'), selectedNodes],
  },
  {
    kind: 'L2Advertisement',
    plural: 'l2advertisements',
    description: 'Announces addresses of some pools on the local network, by ARP and NDP.',
    storage: 'v1beta1',
    versions: [{ name: 'v1beta1', spec: L2AdvertisementSpec, status: nothing }],
    columns: [...selectedPools, column('Interfaces', 'string', '.spec.interfaces'), selectedNodes],
  },
  {
    kind: 'BFDProfile',
    plural: 'bfdprofiles',
    description: 'Timers of the BFD sessions that watch over BGP sessions.',
    storage: 'v1beta1',
    versions: [{ name: 'v1beta1', spec: BfdProfileSpec, status: nothing }],
    columns: [
      column('Passive Mode', 'boolean', '.spec.passiveMode'),
      column('Transmit Interval', 'integer', '.spec.transmitInterval'),
      column('Receive Interval', 'integer', '.spec.receiveInterval'),
      column('Multiplier', 'integer', '.spec.detectMultiplier'),
    ],
  },
  {
    kind: 'Community',
    plural: 'communities',
    description: 'Names for BGP communities, for use in BGPAdvertisements.',
    storage: 'v1beta1',
    versions: [{ name: 'v1beta1', spec: CommunitySpec, status: nothing }],
    columns: [],
  },
  {
    kind: 'ServiceL2Status',
    plural: 'servicel2statuses',
    description: 'The node that answers ARP and NDP for a Service. Written by the speakers.',
    storage: 'v1beta1',
    versions: [{ name: 'v1beta1', spec: nothing, status: ServiceL2StatusStatus }],
    columns: [column('Allocated Node', 'string', '.status.node'), ...service],
  },
  {
    kind: 'ServiceBGPStatus',
    plural: 'servicebgpstatuses',
    description: 'The neighbours to which a node announces a Service. Written by the speakers.',
    storage: 'v1beta1',
    versions: [{ name: 'v1beta1', spec: nothing, status: ServiceBgpStatusStatus }],
    columns: [column('Node', 'string', '.status.node'), ...service],
  },
  {
    group: FRR_K8S_GROUP,
    kind: 'BGPSessionState',
    plural: 'bgpsessionstates',
    description: 'One BGP session of a node, as FRR sees it. Written by the speakers.',
    storage: 'v1beta1',
    versions: [{ name: 'v1beta1', spec: nothing, status: BgpSessionStateStatus }],
    columns: [
      column('Node', 'string', '.status.node'),
      column('Peer', 'string', '.status.peer'),
      column('VRF', 'string', '.status.vrf'),
      column('BGP', 'string', '.status.bgpStatus'),
      column('BFD', 'string', '.status.bfdStatus'),
    ],
  },
  {
    kind: 'ConfigurationState',
    plural: 'configurationstates',
    description: 'What the controller or one speaker thinks of the configuration. Written by them.',
    storage: 'v1beta1',
    versions: [{ name: 'v1beta1', status: ConfigurationStateStatus }],
    columns: [
      column('Result', 'string', '.status.result'),
      column('ErrorSummary', 'string', '.status.errorSummary'),
      age,
    ],
  },
  {
    kind: 'AddressPool',
    plural: 'addresspools',
    description: 'Addresses and how to announce them, in one object. Use IPAddressPool instead.',
    storage: 'v1beta1',
    versions: [
      {
        name: 'v1alpha1',
        deprecation: 'metallb.io v1alpha1 AddressPool is deprecated',
        spec: AddressPoolSpec,
        specRequired: true,
        status: nothing,
      },
      {
        name: 'v1beta1',
        deprecation: 'metallb.io v1beta1 AddressPool is deprecated, consider using IPAddressPool',
        spec: AddressPoolSpec,
        specRequired: true,
        status: nothing,
      },
    ],
    columns: [],
  },
  {
    kind: 'MetalLB',
    plural: 'metallbs',
    laws: [ONLY_ONE],
    description: 'The installation. The operator makes the cluster match it.',
    storage: 'v1beta1',
    versions: [{ name: 'v1beta1', spec: MetalLbSpec, status: MetalLbStatus }],
    columns: [
      phase('Available', 'Everything runs.'),
      phase('Degraded', 'The installation failed.'),
      phase('Progressing', 'Something is being changed.'),
      age,
    ],
  },
]

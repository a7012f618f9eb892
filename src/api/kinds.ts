// The list of kinds we read and the schema of each version; `config/parse.ts` is the door that
// uses them.
import { z } from 'zod'
import { AddressPoolSpec } from './address-pool.ts'
import { BfdProfileSpec } from './bfd-profile.ts'
import { BgpAdvertisementSpec } from './bgp-advertisement.ts'
import { BgpPeerSpec } from './bgp-peer.ts'
import { BgpPeerV1Beta1Spec } from './bgp-peer-v1beta1.ts'
import { CommunitySpec } from './community.ts'
import {
  type ConfigMap,
  Endpoint,
  type EndpointSlice,
  type Namespace,
  type Node,
  NodeStatus,
  type SecretObject,
  type Service,
  ServiceSpec,
  ServiceStatus,
} from './core.ts'
import { type ApiObject, metadata } from './fields.ts'
import { IpAddressPoolSpec } from './ip-address-pool.ts'
import { L2AdvertisementSpec } from './l2-advertisement.ts'
import { METALLB_NAME, MetalLbSpec, ONLY_ONE } from './metallb.ts'
import { refuse } from './rules.ts'
import { Secret } from './secret.ts'

export type IpAddressPool = ApiObject<IpAddressPoolSpec>
export type AddressPool = ApiObject<AddressPoolSpec>
export type BgpPeer = ApiObject<BgpPeerSpec>
export type BgpAdvertisement = ApiObject<BgpAdvertisementSpec>
export type L2Advertisement = ApiObject<L2AdvertisementSpec>
export type BfdProfile = ApiObject<BfdProfileSpec>
export type Community = ApiObject<CommunitySpec>
export type MetalLb = ApiObject<MetalLbSpec>

/** Every kind we read, by the name under which a snapshot holds its objects. */
export interface ObjectsByKind {
  IPAddressPool: IpAddressPool
  AddressPool: AddressPool
  BGPPeer: BgpPeer
  BGPAdvertisement: BgpAdvertisement
  L2Advertisement: L2Advertisement
  BFDProfile: BfdProfile
  Community: Community
  MetalLB: MetalLb
  Service: Service
  EndpointSlice: EndpointSlice
  Node: Node
  Namespace: Namespace
  Secret: SecretObject
  ConfigMap: ConfigMap
}
export type KindName = keyof ObjectsByKind
export type AnyObject = ObjectsByKind[KindName]

export const GROUP = 'metallb.io'

/** An object as it comes from YAML or JSON, before anything is known about it. */
export interface RawObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

// `spec` and `status` may be left out or empty in YAML; an empty one is one with all its defaults.
const orEmpty = z
  .unknown()
  .optional()
  .transform((raw): unknown => raw ?? {})

const custom = (spec: z.ZodType, specRequired = false) =>
  z.looseObject({
    apiVersion: z.string(),
    kind: z.string(),
    metadata,
    spec: specRequired ? spec : orEmpty.pipe(spec as z.ZodType<unknown, unknown>),
  })

function isOnlyOne({ metadata }: { metadata: { name: string } }, ctx: z.core.$RefinementCtx): void {
  if (metadata.name === METALLB_NAME) return
  refuse(ctx, {
    code: 'second-installation',
    message: ONLY_ONE.message,
    path: ['metadata', 'name'],
  })
}

const core = (shape: z.ZodRawShape) =>
  z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata, ...shape })

const base64 = z.string().transform((text) => new Secret(Buffer.from(text, 'base64').toString()))
const SecretShape = core({
  type: z.string().default('Opaque'),
  data: z.record(z.string(), base64).nullish(),
  stringData: z
    .record(
      z.string(),
      z.string().transform((text) => new Secret(text)),
    )
    .nullish(),
}).transform((object) => {
  const { data, stringData } = object as unknown as Record<string, Record<string, Secret> | null>
  return {
    ...object,
    stringData: undefined,
    data: new Map(Object.entries({ ...data, ...stringData })),
  }
})

/** `apiVersion/kind` → schema. Two versions of one kind parse to the same values. */
export const SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['metallb.io/v1beta1/IPAddressPool', custom(IpAddressPoolSpec, true)],
  ['metallb.io/v1beta1/AddressPool', custom(AddressPoolSpec, true)],
  ['metallb.io/v1alpha1/AddressPool', custom(AddressPoolSpec, true)],
  ['metallb.io/v1beta2/BGPPeer', custom(BgpPeerSpec)],
  ['metallb.io/v1beta1/BGPPeer', custom(BgpPeerV1Beta1Spec)],
  ['metallb.io/v1beta1/BGPAdvertisement', custom(BgpAdvertisementSpec)],
  ['metallb.io/v1beta1/L2Advertisement', custom(L2AdvertisementSpec)],
  ['metallb.io/v1beta1/BFDProfile', custom(BfdProfileSpec)],
  ['metallb.io/v1beta1/Community', custom(CommunitySpec)],
  ['metallb.io/v1beta1/MetalLB', custom(MetalLbSpec).superRefine(isOnlyOne)],
  ['v1/Service', core({ spec: ServiceSpec, status: orEmpty.pipe(ServiceStatus) })],
  [
    'discovery.k8s.io/v1/EndpointSlice',
    core({
      endpoints: z
        .array(Endpoint)
        .nullish()
        .transform((list) => list ?? []),
    }),
  ],
  ['v1/Node', core({ status: orEmpty.pipe(NodeStatus) })],
  ['v1/Namespace', core({})],
  ['v1/Secret', SecretShape],
  [
    'v1/ConfigMap',
    core({
      data: z
        .record(z.string(), z.string())
        .nullish()
        .transform((data) => data ?? {}),
    }),
  ],
])

export const CLUSTER_SCOPED: ReadonlySet<string> = new Set(['Node', 'Namespace'])

// FRR's configuration as data: what the template needs, in the order in which it stands there.
import type { BfdProfile, Peer } from '../config/config.ts'
import type { Family } from '../net/address.ts'

export interface FrrModel {
  /** The node, as MetalLB shows it to peers through the hostname capability. */
  readonly hostname: string
  /** FRR's word for the level of its log. */
  readonly logLevel: string
  readonly debug: boolean
  /** By VRF, the default one first. */
  readonly routers: readonly Router[]
  /** By name. */
  readonly bfdProfiles: readonly BfdProfile[]
  readonly extras: string
}

/** One BGP instance: an AS number in a VRF. */
export interface Router {
  readonly asn: number
  /** Empty: the default VRF. */
  readonly vrf: string
  readonly routerId?: string | undefined
  /** By id. */
  readonly neighbors: readonly Neighbor[]
  /** IPv4 before IPv6, by address. */
  readonly networks: readonly Network[]
}

export interface Neighbor {
  /** Address or interface, plus `-<vrf>` inside one: the stem of its route-map names. */
  readonly id: string
  /** Address or interface. */
  readonly name: string
  readonly remoteAs: string
  readonly families: readonly Family[]
  /** Between attempts to connect. */
  readonly connectSeconds: number
  /** RFC 4271 wants a shared subnet; FRR cannot see one for IPv6 host routes. */
  readonly disableConnectedCheck: boolean
  readonly peer: Peer
}

/** What one neighbour hears about a prefix. */
export interface Attributes {
  /** Absent: not set. */
  readonly localPref?: number
  /** `A:B`, in order. */
  readonly communities: readonly string[]
  /** `A:B:C`, in order. */
  readonly largeCommunities: readonly string[]
}

/** Neighbour id → what it hears. Equal members are one class: one tag in FRR's configuration. */
export type ClassMembers = ReadonlyMap<string, Attributes>

export interface Network {
  readonly family: Family
  readonly prefix: string
  readonly class: RouteClass
}

export interface RouteClass {
  readonly key: string
  readonly members: ClassMembers
  /** Names of the advertisements it comes from, sorted: a comment for whoever reads the file. */
  readonly from: readonly string[]
}

// What all configuration objects together mean, references resolved: the only form in which the
// allocator and the speaker see configuration. Lists are sorted, so equal worlds give equal bytes.

import type { AddressBlock } from '../api/address-block.ts'
import type { BfdProfileSpec } from '../api/bfd-profile.ts'
import type { BgpPeerSpec } from '../api/bgp-peer.ts'
import type { CommunityValue } from '../api/community-value.ts'
import type { Secret } from '../api/secret.ts'
import type { Selector } from '../api/selector.ts'

export interface Config {
  /** By name. */
  readonly pools: readonly Pool[]
  /** By name. */
  readonly peers: readonly Peer[]
  /** By name; the profiles of the namespace and those that kept peers still need. */
  readonly bfdProfiles: readonly BfdProfile[]
  /** Text that the user wants at the end of FRR's configuration, or ''. */
  readonly extras: string
}

export interface Pool {
  readonly name: string
  /** The kind that defined it. */
  readonly kind: 'IPAddressPool' | 'AddressPool'
  /** In the order written: addresses are given in this order. */
  readonly blocks: readonly AddressBlock[]
  readonly autoAssign: boolean
  readonly avoidBuggyIPs: boolean
  /** Who may use it; absent for a pool that is open to all. */
  readonly pinned?: Pinning
  /** By name of the advertisement. */
  readonly bgp: readonly BgpAd[]
  /** By name of the advertisement. */
  readonly l2: readonly L2Ad[]
}

export interface Pinning {
  /** Positive, lower first; 0 comes last. */
  readonly priority: number
  /** Absent: any namespace. Empty: none (a selector that matches no namespace). */
  readonly namespaces?: ReadonlySet<string>
  /** Alternatives; empty: any Service. */
  readonly serviceSelectors: readonly Selector[]
}

export interface BgpAd {
  /** Name of the BGPAdvertisement; of a legacy pool: `<pool>[<index>]`. */
  readonly name: string
  readonly aggregationLength: number
  readonly aggregationLengthV6: number
  /** 0: not set. */
  readonly localPref: number
  /** Sorted, each once. */
  readonly communities: readonly CommunityValue[]
  /** Nodes that announce; absent: all. */
  readonly nodes?: ReadonlySet<string>
  /** Sorted names of BGPPeers that hear it; empty: all. */
  readonly peers: readonly string[]
  /** Alternatives; empty: any Service. Sorted by text. */
  readonly serviceSelectors: readonly Selector[]
}

export interface L2Ad {
  readonly name: string
  /** Absent: all. */
  readonly nodes?: ReadonlySet<string>
  /** Sorted; empty: all. */
  readonly interfaces: readonly string[]
  readonly serviceSelectors: readonly Selector[]
  /** Node → sum of the weights of the preferences that match it; only above 0, only eligible. */
  readonly preferred: ReadonlyMap<string, number>
}

export interface Peer extends Omit<BgpPeerSpec, 'password' | 'passwordSecret' | 'bfdProfile'> {
  readonly name: string
  /** Of the object; absent in a folder. */
  readonly uid?: string | undefined
  /** Resolved: literal, or from the Secret. */
  readonly password?: Secret | undefined
  readonly bfd?: BfdProfile | undefined
}

export interface BfdProfile extends BfdProfileSpec {
  readonly name: string
}

/** Whether an advertisement counts on this node. */
export const includesNode = (ad: { nodes?: ReadonlySet<string> }, node: string): boolean =>
  ad.nodes === undefined || ad.nodes.has(node)

/** Whether a peer hears an advertisement. */
export const isFor = (ad: Pick<BgpAd, 'peers'>, peer: Pick<Peer, 'name'>): boolean =>
  ad.peers.length === 0 || ad.peers.includes(peer.name)

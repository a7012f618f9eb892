// IPAddressPool and the legacy AddressPool: object → pool, and which pools may stand side by side.

import type { AddressBlock } from '../api/address-block.ts'
import type { AddressPoolSpec } from '../api/address-pool.ts'
import type { IpAddressPoolSpec } from '../api/ip-address-pool.ts'
import type { AddressPool, IpAddressPool } from '../api/kinds.ts'
import type { Labels } from '../api/selector.ts'
import { wrongAggregation } from './aggregation.ts'
import { type CommunityNames, resolveCommunities } from './communities.ts'
import type { BgpAd, L2Ad, Pinning, Pool } from './config.ts'
import type { Resolved } from './contend.ts'
import { type Labelled, refTo } from './objects.ts'
import { type BlockIndex, emptyBlockIndex, findOverlap, insertBlock } from './overlap.ts'
import { type ObjectRef, type Problem, problemAt } from './problem.ts'
import { namesMatching } from './selectors.ts'

/** A pool before advertisements are attached; `bgp` and `l2` are its own, of the legacy kind. */
export interface PoolDraft extends Pool {
  readonly labels: Labels
}

export function resolvePool(
  { metadata, spec }: IpAddressPool,
  namespaces: readonly Labelled[],
): Resolved<PoolDraft> {
  const { name, labels } = metadata
  const problems = wrongWithin(refTo({ metadata }, 'IPAddressPool'), spec.addresses)
  if (problems.length > 0) return { problems }
  const pinned = pinningOf(spec.serviceAllocation, namespaces)
  const value: PoolDraft = {
    name,
    kind: 'IPAddressPool',
    blocks: spec.addresses,
    autoAssign: spec.autoAssign,
    avoidBuggyIPs: spec.avoidBuggyIPs,
    ...(pinned ? { pinned } : {}),
    bgp: [],
    l2: [],
    labels,
  }
  return { value, problems: [] }
}

/** The legacy kind says in one object what to give and how to announce it. */
export function resolveLegacyPool(
  { metadata, spec }: AddressPool,
  names: CommunityNames,
  last?: PoolDraft,
): Resolved<PoolDraft> {
  const ref = refTo({ metadata }, 'AddressPool')
  const { ads, problems: unresolved } = legacyAds(ref, spec, names, last)
  const problems = [
    ...wrongWithin(ref, spec.addresses),
    ...ads.flatMap((ad, index) =>
      wrongAggregation(ad, spec.addresses).map(({ message, field }) => {
        const path = `spec.bgpAdvertisements[${index}].${field}`
        return problemAt(ref, path, 'invalid-aggregation', message)
      }),
    ),
  ]
  if (problems.length > 0 || unresolved.some((one) => !isKept(one, last))) {
    return { problems: [...unresolved, ...problems] }
  }
  const value: PoolDraft = {
    name: metadata.name,
    kind: 'AddressPool',
    blocks: spec.addresses,
    autoAssign: spec.autoAssign,
    avoidBuggyIPs: false,
    bgp: ads,
    l2: spec.protocol === 'layer2' ? [everywhere(`${metadata.name}[0]`)] : [],
    labels: metadata.labels,
  }
  return { value, problems: unresolved }
}

/** Communities whose name vanished are stood in by what the name meant when it was last known. */
const isKept = (problem: Problem, last?: PoolDraft): boolean =>
  problem.transient === true && last !== undefined

function legacyAds(ref: ObjectRef, spec: AddressPoolSpec, names: CommunityNames, last?: PoolDraft) {
  if (spec.protocol !== 'bgp') return { ads: [], problems: [] }
  const problems: Problem[] = []
  const written =
    spec.bgpAdvertisements.length > 0
      ? spec.bgpAdvertisements
      : [{ aggregationLength: 32, aggregationLengthV6: 128, localPref: 0, communities: [] }]
  const ads = written.map((one, index): BgpAd => {
    const path = `spec.bgpAdvertisements[${index}].communities`
    const resolved = resolveCommunities(names, { ref, path }, one.communities)
    problems.push(...resolved.problems)
    const stands = resolved.problems.length === 0
    return {
      name: `${ref.name}[${index}]`,
      aggregationLength: one.aggregationLength,
      aggregationLengthV6: one.aggregationLengthV6,
      localPref: one.localPref,
      communities: stands ? resolved.values : (last?.bgp[index]?.communities ?? resolved.values),
      peers: [],
      serviceSelectors: [],
    }
  })
  return { ads, problems }
}

const everywhere = (name: string): L2Ad => ({
  name,
  interfaces: [],
  serviceSelectors: [],
  preferred: new Map(),
})

function pinningOf(
  allocation: IpAddressPoolSpec['serviceAllocation'],
  namespaces: readonly Labelled[],
): Pinning | undefined {
  if (!allocation) return undefined
  const { priority, serviceSelectors, namespaceSelectors } = allocation
  const restricted = allocation.namespaces.length + namespaceSelectors.length > 0
  if (!restricted) return { priority, serviceSelectors }
  // Selectors that match nothing leave an empty set: nobody, not everybody.
  const matched = namespaceSelectors.length > 0 ? namesMatching(namespaceSelectors, namespaces) : []
  const names = new Set([...allocation.namespaces, ...matched].sort())
  return { priority, serviceSelectors, namespaces: names }
}

function wrongWithin(ref: ObjectRef, blocks: readonly AddressBlock[]): Problem[] {
  const index = emptyBlockIndex()
  return blocks.flatMap((block, at) => {
    const other = findOverlap(index, block)
    if (!other) insertBlock(index, block, ref.name)
    return other ? [overlap(ref, at, block, `${quoted(other.block)} of the same pool`)] : []
  })
}

/** Against the pools that are served already: names are unique over both kinds, addresses too. */
export function wrongBeside(
  served: ReadonlyMap<string, PoolDraft>,
  index: BlockIndex,
  pool: PoolDraft,
  ref: ObjectRef,
): Problem[] {
  const twin = served.get(pool.name)
  const duplicate = `a pool named "${pool.name}" already exists, as ${twin?.kind}; give this one another name`
  return [
    ...(twin ? [problemAt(ref, 'metadata.name', 'duplicate', duplicate)] : []),
    ...pool.blocks.flatMap((block, at) => {
      const other = findOverlap(index, block)
      if (!other) return []
      return [overlap(ref, at, block, `${quoted(other.block)} of pool "${other.owner}"`)]
    }),
  ]
}

function overlap(ref: ObjectRef, at: number, block: AddressBlock, other: string): Problem {
  const message = `CIDR ${quoted(block)} in pool "${ref.name}" overlaps with already defined CIDR ${other}; an address may stand in one place only`
  return problemAt(ref, `spec.addresses[${at}]`, 'overlap', message)
}

const quoted = (block: AddressBlock) => `"${block.text}"`

// BGPAdvertisement and L2Advertisement: object → advertisement with nodes and communities
// resolved, the pools it means, and which advertisements of one pool contradict each other.
import type { BgpAdvertisement, L2Advertisement } from '../api/kinds.ts'
import { matches, type Selector } from '../api/selector.ts'
import { type CommunityNames, resolveCommunities } from './communities.ts'
import type { BgpAd, L2Ad, Pool } from './config.ts'
import type { Resolved } from './contend.ts'
import { type Labelled, refTo } from './objects.ts'
import { namesOrAll } from './selectors.ts'

/** An advertisement before it is attached to the pools it selects. */
export interface AdDraft<Ad> {
  readonly ad: Ad
  /** No names and no selectors mean all pools. */
  readonly pools: { readonly names: readonly string[]; readonly selectors: readonly Selector[] }
}

/** `last` is what this very object resolved to before: it stands in for names that vanished. */
export function resolveBgpAd(
  { metadata, spec }: BgpAdvertisement,
  nodes: readonly Labelled[],
  names: CommunityNames,
  last?: AdDraft<BgpAd>,
): Resolved<AdDraft<BgpAd>> {
  const ref = refTo({ metadata }, 'BGPAdvertisement')
  const resolved = resolveCommunities(names, { ref, path: 'spec.communities' }, spec.communities)
  const { problems } = resolved
  if (problems.length > 0 && !last) return { problems }
  const ad: BgpAd = {
    name: metadata.name,
    aggregationLength: spec.aggregationLength,
    aggregationLengthV6: spec.aggregationLengthV6,
    localPref: spec.localPref,
    communities: problems.length > 0 && last ? last.ad.communities : resolved.values,
    ...nodesOf(spec.nodeSelectors, nodes),
    peers: [...spec.peers].sort(),
    serviceSelectors: sorted(spec.serviceSelectors),
  }
  return { value: { ad, pools: poolsOf(spec) }, problems }
}

export function resolveL2Ad(
  { metadata, spec }: L2Advertisement,
  nodes: readonly Labelled[],
): Resolved<AdDraft<L2Ad>> {
  const eligible = nodesOf(spec.nodeSelectors, nodes)
  const ad: L2Ad = {
    name: metadata.name,
    ...eligible,
    interfaces: [...new Set(spec.interfaces)].sort(),
    serviceSelectors: sorted(spec.serviceSelectors),
    preferred: preferences(spec, nodes, eligible.nodes),
  }
  return { value: { ad, pools: poolsOf(spec) }, problems: [] }
}

function nodesOf(selectors: readonly Selector[], nodes: readonly Labelled[]) {
  const matched = namesOrAll(selectors, nodes)
  return matched ? { nodes: matched } : {}
}

const poolsOf = (spec: BgpAdvertisement['spec'] | L2Advertisement['spec']) => ({
  names: spec.ipAddressPools,
  selectors: spec.ipAddressPoolSelectors,
})

const sorted = (selectors: readonly Selector[]) =>
  [...selectors].sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))

function preferences(
  spec: L2Advertisement['spec'],
  nodes: readonly Labelled[],
  eligible: ReadonlySet<string> | undefined,
): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const { name, labels } of nodes) {
    if (eligible && !eligible.has(name)) continue
    const weight = spec.preferredNodeSelectors
      .filter(({ preference }) => matches(preference, labels))
      .reduce((sum, one) => sum + one.weight, 0)
    if (weight > 0) weights.set(name, weight)
  }
  return weights
}

/**
 * Whether two advertisements, both in force for the same address on the same node, would give the
 * same route to the same peer with two local preferences.
 */
export function localPrefConflict(pool: Pick<Pool, 'blocks'>, a: BgpAd, b: BgpAd): boolean {
  if (a.localPref === b.localPref) return false
  if (!announcesSameRoutes(pool, a, b)) return false
  return (
    a.peers.length === 0 || b.peers.length === 0 || a.peers.some((one) => b.peers.includes(one))
  )
}

/** Of a pool with both families the routes differ only where both lengths do. */
function announcesSameRoutes(pool: Pick<Pool, 'blocks'>, a: BgpAd, b: BgpAd): boolean {
  const holds = (family: number) => pool.blocks.some((one) => one.prefixes[0]?.family === family)
  const sameV4 = a.aggregationLength === b.aggregationLength
  const sameV6 = a.aggregationLengthV6 === b.aggregationLengthV6
  return (holds(4) && sameV4) || (holds(6) && sameV6)
}

/** Whether some node announces both. Of nodes that are not known nothing can be said: no. */
export function shareNode(a: BgpAd, b: BgpAd, nodes: readonly Labelled[]): boolean {
  return nodes.some(({ name }) => a.nodes?.has(name) !== false && b.nodes?.has(name) !== false)
}

/** Layer 2 advertisements that say the same; those with preferences always add up. */
export function distinctL2(ads: readonly L2Ad[]): L2Ad[] {
  const seen = new Set<string>()
  return ads.filter((ad) => {
    if (ad.preferred.size > 0) return true
    const nodes = ad.nodes ? [...ad.nodes] : null
    const selectors = ad.serviceSelectors.map((one) => one.text)
    const text = JSON.stringify([nodes, ad.interfaces, selectors])
    if (seen.has(text)) return false
    seen.add(text)
    return true
  })
}

// What is served so far, while objects are admitted one by one, and the rules that a further
// object must keep beside it. Mutable on purpose and known to `resolve.ts` alone.
import { type AdDraft, localPrefConflict, shareNode } from './advertisements.ts'
import { wrongAggregation } from './aggregation.ts'
import { wrongEcho } from './bfd.ts'
import type { BgpAd, L2Ad, Peer } from './config.ts'
import type { Labelled } from './objects.ts'
import { type BlockIndex, emptyBlockIndex, insertBlock } from './overlap.ts'
import { noPeerPlaces, type PeerDraft, type PeerPlaces, takePlaces, wrongOnNodes } from './peers.ts'
import { type PoolDraft, wrongBeside } from './pools.ts'
import { type ObjectRef, type Problem, problemAt } from './problem.ts'
import { isSelected } from './selectors.ts'

export interface Served {
  readonly nodes: readonly Labelled[]
  readonly pools: Map<string, PoolDraft>
  readonly blocks: BlockIndex
  readonly peers: Map<string, PeerDraft>
  readonly places: PeerPlaces
  readonly bgp: AdsByPool<BgpAd>
  readonly l2: AdsByPool<L2Ad>
  /** BFD profiles whose echo mode was in the way of something, with the sentence. */
  readonly echo: Map<string, string>
}

/** Advertisements by the way they name pools, so that a pool meets only those it may get. */
interface AdsByPool<Ad> {
  readonly byName: Map<string, AdDraft<Ad>[]>
  /** Those that select by label, or all pools. */
  readonly wide: AdDraft<Ad>[]
}

const noAds = <Ad>(): AdsByPool<Ad> => ({ byName: new Map(), wide: [] })

export const nothingServed = (nodes: readonly Labelled[]): Served => ({
  nodes,
  pools: new Map(),
  blocks: emptyBlockIndex(),
  peers: new Map(),
  places: noPeerPlaces(),
  bgp: noAds(),
  l2: noAds(),
  echo: new Map(),
})

export function addAd<Ad>(ads: AdsByPool<Ad>, draft: AdDraft<Ad>): void {
  const { names, selectors } = draft.pools
  if (names.length === 0 || selectors.length > 0) {
    ads.wide.push(draft)
    return
  }
  for (const name of names) {
    const those = ads.byName.get(name)
    if (those) those.push(draft)
    else ads.byName.set(name, [draft])
  }
}

/** A legacy pool brings its own advertisements and takes no others, as it always was. */
export function adsOn<Ad>(ads: AdsByPool<Ad>, pool: PoolDraft): Ad[] {
  if (pool.kind === 'AddressPool') return []
  const wide = ads.wide.filter((draft) => isSelected(draft.pools, pool))
  return [...(ads.byName.get(pool.name) ?? []), ...wide].map((draft) => draft.ad)
}

const bgpOn = (served: Served, pool: PoolDraft) => [...pool.bgp, ...adsOn(served.bgp, pool)]

export function wrongPool(served: Served, pool: PoolDraft, ref: ObjectRef): Problem[] {
  const problems = wrongBeside(served.pools, served.blocks, pool, ref)
  const ads = adsOn(served.bgp, pool)
  for (const ad of ads) {
    for (const { message, block } of wrongAggregation(ad, pool.blocks)) {
      const sentence = `${message} (BGPAdvertisement "${ad.name}")`
      problems.push(problemAt(ref, `spec.addresses[${block}]`, 'invalid-aggregation', sentence))
    }
  }
  for (const [a, b] of contradictions(served, pool, ads)) {
    problems.push(
      problemAt(ref, 'metadata.labels', 'local-pref-conflict', contradiction(pool, a, b)),
    )
  }
  const peers = peersOf(served)
  const echo = [...pool.bgp, ...ads].flatMap((ad) => echoes(served, pool, ad, peers))
  return [...problems, ...echo.map((text) => problemAt(ref, 'spec.addresses', 'echo-ipv6', text))]
}

export function addPool(served: Served, pool: PoolDraft): void {
  served.pools.set(pool.name, pool)
  for (const block of pool.blocks) insertBlock(served.blocks, block, pool.name)
}

export function wrongBgpAd(served: Served, draft: AdDraft<BgpAd>, ref: ObjectRef): Problem[] {
  const { ad } = draft
  const problems: Problem[] = []
  for (const pool of poolsOf(served, draft)) {
    for (const { message, field } of wrongAggregation(ad, pool.blocks)) {
      const sentence = `${message} (pool "${pool.name}")`
      problems.push(problemAt(ref, `spec.${field}`, 'invalid-aggregation', sentence))
    }
    for (const other of adsOn(served.bgp, pool)) {
      if (!contradicts(served, pool, ad, other)) continue
      const sentence = contradiction(pool, ad, other)
      problems.push(problemAt(ref, 'spec.localPref', 'local-pref-conflict', sentence))
    }
    for (const sentence of echoes(served, pool, ad, peersOf(served))) {
      problems.push(problemAt(ref, 'spec.peers', 'echo-ipv6', sentence))
    }
  }
  return problems
}

export function wrongPeer(served: Served, { peer }: PeerDraft, ref: ObjectRef): Problem[] {
  const problems = wrongOnNodes(served.places, peer, ref, served.nodes)
  if (!peer.bfd?.echoMode) return problems
  const echo = [...served.pools.values()].flatMap((pool) =>
    bgpOn(served, pool).flatMap((ad) => echoes(served, pool, ad, [peer])),
  )
  return [...problems, ...echo.map((text) => problemAt(ref, 'spec.bfdProfile', 'echo-ipv6', text))]
}

export function addPeer(served: Served, draft: PeerDraft): void {
  served.peers.set(draft.peer.name, draft)
  takePlaces(served.places, draft.peer, served.nodes)
}

const peersOf = (served: Served) => [...served.peers.values()].map((draft) => draft.peer)

function poolsOf(served: Served, draft: AdDraft<BgpAd>): PoolDraft[] {
  const { names, selectors } = draft.pools
  const onlyNamed = names.length > 0 && selectors.length === 0
  const some = onlyNamed
    ? names.flatMap((name) => served.pools.get(name) ?? [])
    : [...served.pools.values()].filter((pool) => isSelected(draft.pools, pool))
  return some.filter((pool) => pool.kind !== 'AddressPool')
}

function contradictions(served: Served, pool: PoolDraft, ads: readonly BgpAd[]) {
  return ads.flatMap((a, index) =>
    ads
      .slice(index + 1)
      .filter((b) => contradicts(served, pool, a, b))
      .map((b) => [a, b] as const),
  )
}

/** With selectors on either side it depends on the Service: the speaker decides that then. */
function contradicts(served: Served, pool: PoolDraft, a: BgpAd, b: BgpAd): boolean {
  if (a.serviceSelectors.length + b.serviceSelectors.length > 0) return false
  return localPrefConflict(pool, a, b) && shareNode(a, b, served.nodes)
}

function contradiction(pool: PoolDraft, a: BgpAd, b: BgpAd): string {
  return `localPref ${a.localPref} of "${a.name}" and ${b.localPref} of "${b.name}" contradict each other for pool "${pool.name}"; make them equal, or choose other peers, nodes or aggregation lengths`
}

function echoes(served: Served, pool: PoolDraft, ad: BgpAd, peers: readonly Peer[]): string[] {
  return peers.flatMap((peer) => {
    const sentence = wrongEcho(pool, ad, peer)
    if (sentence === undefined) return []
    if (peer.bfd) served.echo.set(peer.bfd.name, sentence)
    return [sentence]
  })
}

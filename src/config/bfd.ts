// BFDProfile: object → profile, and the one rule that reaches beyond it. Echo packets carry IPv4
// only (RFC 5880 §6.4 leaves the encapsulation to RFC 5881, FRR implements IPv4).
import type { BfdProfile as BfdProfileObject } from '../api/kinds.ts'
import type { BfdProfile, BgpAd, Peer, Pool } from './config.ts'

export const resolveProfile = ({ metadata, spec }: BfdProfileObject): BfdProfile => ({
  ...spec,
  name: metadata.name,
})

/** What breaks when these three serve together: a peer with echo must not hear of an IPv6 pool. */
export function wrongEcho(pool: Pool, ad: BgpAd, peer: Peer): string | undefined {
  if (!peer.bfd?.echoMode) return undefined
  if (ad.peers.length > 0 && !ad.peers.includes(peer.name)) return undefined
  if (!pool.blocks.some((block) => block.prefixes[0]?.family === 6)) return undefined
  return `BFD profile "${peer.bfd.name}" of BGPPeer "${peer.name}" uses echo mode, which cannot serve pool "${pool.name}" with IPv6 addresses, announced by "${ad.name}"; turn echoMode off or choose other peers for the pool`
}

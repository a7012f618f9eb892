// Which lines end a BGP session when they change on one that stands (specs: measured on FRR 8.4 and
// 10.7). Separate, because it is a table that grows with every version of FRR.

export interface Reset {
  readonly neighbor: string
  readonly vrf?: string
  readonly line: string
  readonly why: string
}

const TCP = 'the TCP connection must be opened anew'
const OPEN = 'the OPEN message would say something else'

const NEIGHBOR: ReadonlyMap<string, string> = new Map([
  ['remote-as', 'the neighbour becomes another one'],
  ['interface', 'the neighbour becomes another one'],
  ['peer-group', 'the neighbour takes over the settings of its group'],
  ['local-as', OPEN],
  ['password', TCP],
  ['update-source', TCP],
  ['ebgp-multihop', TCP],
  ['ttl-security', TCP],
  ['disable-connected-check', TCP],
  ['passive', TCP],
  ['shutdown', 'the session is closed or opened by command'],
  ['capability', OPEN],
  ['dont-capability-negotiate', OPEN],
  ['override-capability', OPEN],
  ['strict-capability-match', OPEN],
  // FRR 8.4 waits for the next session; 10.7 resets at once.
  ['graceful-restart', OPEN],
])

const FAMILY: ReadonlyMap<string, string> = new Map([
  ['activate', 'address families are agreed when a session opens'],
  ['addpath-tx-all-paths', OPEN],
  ['addpath-tx-bestpath-per-AS', OPEN],
  ['addpath-tx-best-selected', OPEN],
  ['disable-addpath-rx', OPEN],
  ['capability', OPEN],
  ['route-reflector-client', 'the neighbour changes its role'],
  ['route-server-client', 'the neighbour changes its role'],
])

const ROUTER: readonly (readonly [RegExp, string])[] = [
  [/^bgp router-id$/, OPEN],
  [/^bgp (cluster-id|confederation)/, 'the router changes its role'],
  [/^bgp graceful-restart(-disable)?$/, OPEN],
]

/** Why a change of this slot under `router bgp` resets its neighbour, if it does. */
export const whyNeighborResets = (slot: string): string | undefined =>
  slot.startsWith('neighbor ') ? NEIGHBOR.get(slot.split(' ')[2] ?? '') : undefined

/** The same for a slot of an address family. */
export const whyFamilyResets = (slot: string): string | undefined =>
  slot.startsWith('neighbor ') ? FAMILY.get(slot.split(' ')[2] ?? '') : undefined

/** The same for a slot of the router itself: every neighbour of it is reset. */
export const whyRouterResets = (slot: string): string | undefined =>
  ROUTER.find(([pattern]) => pattern.test(slot))?.[1]

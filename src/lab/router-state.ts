// What a router knows, in one shape for every make: the paths it has and the sessions it keeps. And FRR's
// JSON in that shape; BIRD's text is in bird-text.ts.
export interface Path {
  prefix: string
  nextHop: string
  /** The one the router uses, or one of those it spreads over; others wait. */
  best: boolean
  asPath: number[]
  localPref?: number
  med?: number
  communities: string[]
  largeCommunities: string[]
}

export interface Session {
  /** The neighbour's address. */
  peer: string
  established: boolean
  bfdUp: boolean
}

export interface RouterState {
  paths(): Promise<Path[]>
  sessions(): Promise<Session[]>
}

/** FRR's `show bgp … PREFIX json`, the only one of its views that has communities. */
export interface FrrPrefix {
  paths?: {
    aspath: { string: string }
    nexthops: { ip: string; scope?: string }[]
    locPrf?: number
    metric?: number
    bestpath?: { overall?: boolean }
    multipath?: boolean
    community?: { list: string[] }
    largeCommunity?: { list: string[] }
  }[]
}

export function pathsOf(prefix: string, { paths = [] }: FrrPrefix): Path[] {
  return paths.map((path) => ({
    prefix,
    // Of an IPv6 route's two next hops the global one is the neighbour people know.
    nextHop:
      (path.nexthops.find((hop) => hop.scope !== 'link-local') ?? path.nexthops[0])?.ip ?? '',
    best: path.multipath === true || path.bestpath?.overall === true,
    asPath: path.aspath.string.split(' ').filter(Boolean).map(Number),
    ...(path.locPrf === undefined ? {} : { localPref: path.locPrf }),
    ...(path.metric === undefined ? {} : { med: path.metric }),
    communities: path.community?.list ?? [],
    largeCommunities: path.largeCommunity?.list ?? [],
  }))
}

const FAMILIES = ['ipv4', 'ipv6'] as const

interface Summary {
  peers?: Record<string, { state: string }>
}

/** FRR's `show` commands as JSON, wherever it runs. */
export interface ShowsJson {
  show<T>(command: string): Promise<T>
}

/** The same questions to FRR. */
export function frrState(frr: ShowsJson): RouterState {
  return {
    paths: async () => {
      const found: Path[] = []
      for (const family of FAMILIES) {
        const table = await frr.show<{ routes?: object }>(`show bgp ${family} unicast`)
        for (const prefix of Object.keys(table.routes ?? {})) {
          const one = await frr.show<FrrPrefix>(`show bgp ${family} unicast ${prefix}`)
          found.push(...pathsOf(prefix, one))
        }
      }
      return found
    },
    sessions: async () => {
      const summary = await frr.show<Record<string, Summary>>('show bgp summary')
      const bfd = await frr.show<{ peer: string; status: string }[]>('show bfd peers')
      const bfdUp = new Set(bfd.filter(({ status }) => status === 'up').map(({ peer }) => peer))
      // A neighbour with two families stands in two summaries.
      const peers = new Map(
        Object.values(summary).flatMap((one) => Object.entries(one.peers ?? {})),
      )
      return [...peers].map(([peer, { state }]) => ({
        peer,
        established: state === 'Established',
        bfdUp: bfdUp.has(peer),
      }))
    },
  }
}

// A line of `ip -o monitor route` as data: which route changed, and where it leads now. Pure.

export interface RouteLine {
  readonly prefix: string
  /** None: the route is gone, or leads nowhere. */
  readonly nextHops: readonly string[]
}

/** "[Deleted ]198.51.100.1 nhid 9 … via 192.0.2.11 dev eth0 …", with "nexthop via" for each of several. */
export function parseRouteLine(line: string): RouteLine | undefined {
  const [, gone, rest = ''] = /^(Deleted )?(?:blackhole )?(.*)$/.exec(line) ?? []
  const [prefix = ''] = rest.split(' ')
  if (!/^[0-9a-f.:]+(\/\d+)?$/.test(prefix)) return undefined
  const nextHops = [...rest.matchAll(/\bvia (?:inet6 )?(\S+)/g)].map(([, hop = '']) => hop)
  return { prefix, nextHops: gone ? [] : nextHops.sort() }
}

// `birdc show route all` → data. Pure, apart from the program it reads, so that its rules can be tested
// on texts BIRD really printed.

export interface BirdRoute {
  prefix: string
  /** The session it came by; BIRD's name of the protocol. */
  protocol: string
  /** The one BIRD uses; others are kept as alternatives. */
  best: boolean
  nextHop: string
  asPath: number[]
  localPref?: number
  med?: number
  communities: string[]
  largeCommunities: string[]
}

/**
 * A route starts on a line with brackets, "198.51.100.0/32 unicast [n1_v4 10:00:01.000] * (100) [i]";
 * its alternatives leave the prefix out. What follows is indented: "via …", "BGP.as_path: …".
 */
export function parseBirdRoutes(text: string): BirdRoute[] {
  const routes: BirdRoute[] = []
  let prefix = ''
  for (const line of text.split('\n')) {
    const start = /^(\S+\/\d+)?\s+unicast \[(\S+)[^\]]*\](\s+\*)?/.exec(line)
    if (start) {
      prefix = start[1] ?? prefix
      routes.push(emptyRoute(prefix, start[2] ?? '', start[3] !== undefined))
      continue
    }
    const route = routes.at(-1)
    const attribute = /^\s+BGP\.(\w+): ?(.*)$/.exec(line)
    if (route && attribute) addAttribute(route, attribute[1] ?? '', attribute[2] ?? '')
  }
  // Connected and kernel routes have no BGP attributes.
  return routes.filter((route) => route.nextHop !== '')
}

function emptyRoute(prefix: string, protocol: string, best: boolean): BirdRoute {
  const lists = { asPath: [], communities: [], largeCommunities: [] }
  return { prefix, protocol, best, nextHop: '', ...lists }
}

function addAttribute(route: BirdRoute, name: string, value: string): void {
  switch (name) {
    case 'next_hop':
      // IPv6 routes carry a second, link-local one.
      route.nextHop = value.split(' ')[0] ?? ''
      return
    case 'as_path':
      route.asPath = value.split(' ').filter(Boolean).map(Number)
      return
    case 'local_pref':
      route.localPref = Number(value)
      return
    case 'med':
      route.med = Number(value)
      return
    case 'community':
      route.communities = tuples(value)
      return
    case 'large_community':
      route.largeCommunities = tuples(value)
  }
}

/** "(64512,100) (64512,200)" → ["64512:100", "64512:200"] */
const tuples = (value: string) =>
  [...value.matchAll(/\(([^)]*)\)/g)].map((match) => (match[1] ?? '').replaceAll(/,\s*/g, ':'))

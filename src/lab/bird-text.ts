// What birdc prints → routes, sessions and BFD peers. Apart from the program that prints it, so that the
// rules can be tested on texts BIRD really printed.
import type { Path, Session } from './router-state.ts'

/**
 * A route starts on a line with brackets, "198.51.100.0/32 unicast [n1_v4 10:00:01.000] * (100) [i]";
 * its alternatives leave the prefix out. What follows is indented: "via …", "BGP.as_path: …".
 */
export function parseBirdRoutes(text: string): Path[] {
  const routes: Path[] = []
  let prefix = ''
  for (const line of text.split('\n')) {
    const start = /^(\S+\/\d+)?\s+unicast \[[^\]]*\](\s+\*)?/.exec(line)
    if (start) {
      prefix = start[1] ?? prefix
      routes.push(emptyRoute(prefix, start[2] !== undefined))
      continue
    }
    const route = routes.at(-1)
    const attribute = /^\s+BGP\.(\w+): ?(.*)$/.exec(line)
    if (route && attribute) addAttribute(route, attribute[1] ?? '', attribute[2] ?? '')
  }
  // Connected and kernel routes have no BGP attributes.
  return routes.filter((route) => route.nextHop !== '')
}

function emptyRoute(prefix: string, best: boolean): Path {
  const lists = { asPath: [], communities: [], largeCommunities: [] }
  return { prefix, best, nextHop: '', ...lists }
}

function addAttribute(route: Path, name: string, value: string): void {
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

/** `show protocols all` and `show bfd sessions`, put together by the neighbour's address. */
export function parseBirdSessions(protocols: string, bfd: string): Session[] {
  const bfdStates = new Map(
    [...bfd.matchAll(/^([0-9a-f.:]+)\s+\S+\s+(Up|Down|Init)\b/gm)].map(([, peer, state]) => [
      peer,
      state === 'Up',
    ]),
  )
  return protocols.split(/\n(?=\S)/).flatMap((block) => {
    const peer = /^\s+Neighbor address:\s+(\S+)/m.exec(block)?.[1]
    if (!peer) return []
    const established = /^\s+BGP state:\s+Established/m.test(block)
    return [{ peer, established, bfdUp: bfdStates.get(peer) ?? false }]
  })
}

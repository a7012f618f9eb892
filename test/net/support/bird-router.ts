// BIRD as one router of a case: the configuration its engineer would write for this session, and what
// it then says about the node. It also tells routes of its own, which the node must not take.
import { join } from 'node:path'
import { type Bird, startBird } from '../../../src/lab/bird.ts'
import { parseBirdRoutes } from '../../../src/lab/bird-text.ts'
import type { Path } from '../../../src/lab/router-state.ts'
import { linkLocalOf } from './network.ts'
import type { Seat } from './seats.ts'

/** What every router tells: reasons to distrust a node that listens. */
export const TOLD = ['0.0.0.0/0', '198.51.100.0/24', '::/0', '2001:db8:77::/64']

export async function startBirdRouter(seat: Seat, dir: string): Promise<BirdRouter> {
  const config = await birdConfigOf(seat)
  const bird = await startBird({ netns: seat.place.netns, dir: join(dir, seat.name), config })
  return new BirdRouter(bird, seat)
}

export interface SeenSession {
  readonly asn: number
  readonly routerId: string
  readonly holdTimeSeconds: number
  readonly gracefulRestart: boolean
}

export class BirdRouter implements AsyncDisposable {
  readonly #bird: Bird
  readonly seat: Seat

  constructor(bird: Bird, seat: Seat) {
    this.#bird = bird
    this.seat = seat
  }

  /** Undefined while there is no session. */
  async session(): Promise<SeenSession | undefined> {
    return parseSession(await this.#bird.birdc('show protocols all node'))
  }

  async routes(): Promise<Path[]> {
    const text = await this.#bird.birdc('show route all protocol node')
    // An unnumbered node has no global address to give; only the link-local one behind it counts.
    return parseBirdRoutes(text.replaceAll('BGP.next_hop: :: ', 'BGP.next_hop: '))
  }

  /** The names of all attributes on the routes, also of those that nobody here has a use for. */
  async attributeNames(): Promise<string[]> {
    const text = await this.#bird.birdc('show route all protocol node')
    return [...new Set([...text.matchAll(/^\s+(BGP\.[^:]+):/gm)].map(([, name]) => name!))].sort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bird[Symbol.asyncDispose]()
  }
}

/** What the neighbour said: it stands before what BIRD itself did, "long-lived" is another matter. */
const GRACEFUL_RESTART =
  /Neighbor capabilities\n(?: {6}.*\n)*? {6}Graceful restart\n(?: {8}.*\n)*? {8}AF preserved: ipv[46]/

export function parseSession(text: string): SeenSession | undefined {
  if (!/^\s+BGP state:\s+Established/m.test(text)) return undefined
  const field = (name: string) => new RegExp(`^\\s+${name}:\\s+(\\S+)`, 'm').exec(text)?.[1] ?? ''
  return {
    asn: Number(field('Neighbor AS')),
    routerId: field('Neighbor ID'),
    // "2.104/3": what is left, and what was agreed on.
    holdTimeSeconds: Number(field('Hold timer').split('/')[1]),
    // A node that only helps others to restart says so without naming a family.
    gracefulRestart: GRACEFUL_RESTART.test(text),
  }
}

async function birdConfigOf(seat: Seat): Promise<string> {
  const { session, expected, place, neighbor, port, source } = seat
  const { peer } = session
  const isUnnumbered = !peer.peerAddress
  const own = isUnnumbered ? await linkLocalOf(place.netns, place.ifname) : neighbor
  return [
    'router id 192.0.2.254;',
    'protocol device {}',
    // It uses a route only when it can reach the next hop, which may be behind another machine.
    'protocol kernel { learn; ipv4 { import all; export none; }; }',
    'protocol static { ipv4; route 0.0.0.0/0 blackhole; route 198.51.100.0/24 blackhole; }',
    'protocol static { ipv6; route ::/0 blackhole; route 2001:db8:77::/64 blackhole; }',
    // An unnumbered neighbour is found by its router advertisements.
    isUnnumbered &&
      `protocol radv { interface "${place.ifname}" { min ra interval 3; max ra interval 4; }; }`,
    'protocol bgp node {',
    `  local ${own} port ${port} as ${expected.asn};`,
    `  neighbor ${source} as ${expected.sees.asn};`,
    isUnnumbered && `  interface "${place.ifname}";`,
    '  strict bind on;',
    '  passive on;',
    peer.ebgpMultiHop && '  multihop;',
    peer.password && `  password "${peer.password.reveal()}";`,
    session.families.includes(4) && channel('ipv4', isUnnumbered),
    session.families.includes(6) && channel('ipv6', false),
    '}',
  ]
    .filter((line) => typeof line === 'string')
    .join('\n')
}

const channel = (name: string, isExtended: boolean) =>
  `  ${name} { import all; export where source = RTS_STATIC;${isExtended ? ' extended next hop;' : ''} };`

// The machines around a node: which link leads to which neighbour of the cases, with the addresses
// the cases write. One network serves all cases that fit in it, so that sessions can stay.
import type { Net, Netns } from '../../../src/lab/netns.ts'
import type { NetworkName } from './expectation.ts'

/** A cable from the node to the machine that plays all routers on it. */
interface Link {
  readonly name: string
  readonly ifname: string
  /** The node's addresses, IPv4 before IPv6. */
  readonly node: readonly string[]
  /** The kernel prefers these, unless the session says where it starts. */
  readonly preferred?: readonly string[]
  readonly routers: readonly string[]
  /** The routers stand behind a machine that forwards: its leg to the node, and to them. */
  readonly behind?: { readonly near: string; readonly far: string }
}

// 10.2.2.255 is a router's address in the cases, so that network has to be wider than a /24.
const ONE_HOP: readonly Link[] = [
  {
    ...{ name: 'l1', ifname: 'eth1' },
    node: ['10.1.1.254/24', '2001:db8:1::254/128'],
    preferred: ['10.1.1.10/24', '2001:db8:1::10/128'],
    routers: ['10.1.1.1/24', '2001:db8:1::1/128'],
  },
  {
    ...{ name: 'l2', ifname: 'eth2' },
    node: ['10.2.2.10/23', '2001:db8:2::10/64'],
    routers: ['10.2.2.254/23', '10.2.2.255/23', '2001:db8:2::254/64'],
  },
  {
    ...{ name: 'l3', ifname: 'eth3' },
    node: ['10.0.0.10/24', '2620:52:0:88::10/64'],
    routers: ['10.0.0.1/24', '2620:52:0:88::104/64'],
  },
  { name: 'l4', ifname: 'eth4', node: ['10.0.20.10/24'], routers: ['10.0.20.1/24'] },
]

const NETWORKS: Readonly<Record<NetworkName, readonly Link[]>> = {
  'one-hop': ONE_HOP,
  'several-hops': [
    {
      ...{ name: 'l1', ifname: 'eth1', node: ['10.1.1.254/24'], routers: ['10.2.2.254/23'] },
      behind: { near: '10.1.1.1/24', far: '10.2.2.1/23' },
    },
  ],
  unnumbered: [{ name: 'l1', ifname: 'net0', node: [], routers: [] }],
  'ipv6-only': [
    {
      ...{ name: 'l1', ifname: 'eth1' },
      node: ['2001:db8:2::10/64'],
      routers: ['2001:db8:2::254/64'],
    },
  ],
}

/** Where a session of the node ends. */
export interface Place {
  readonly netns: Netns
  /** The far machine's interface on that link. */
  readonly ifname: string
  /** By family; absent where the node has none on that link. */
  readonly nextHops: {
    readonly node4?: string
    readonly node6?: string
    readonly 'link-local': string
  }
}

export interface Network {
  readonly node: Netns
  /** By the address or interface a BGPPeer names. */
  placeOf(neighbor: string): Place
}

export async function buildNetwork(net: Net, name: NetworkName): Promise<Network> {
  const node = await net.addNetns(`${name}-node`)
  const places = new Map<string, Place>()
  for (const link of NETWORKS[name]) {
    const place = await addLink(net, node, { ...link, name: `${name}-${link.name}` })
    // An unnumbered session has no address; its name is the interface.
    for (const router of [link.ifname, ...link.routers.map(bare)]) places.set(router, place)
  }
  // An address for FRR's router id, as every node has one somewhere.
  if (name === 'unnumbered') await node.addAddresses('lo', ['192.168.1.10/32'])
  const placeOf = (neighbor: string) => {
    const place = places.get(neighbor)
    if (!place) throw new Error(`network ${name} has no machine at ${neighbor}; see network.ts`)
    return place
  }
  return { node, placeOf }
}

async function addLink(net: Net, node: Netns, link: Link): Promise<Place> {
  const { ifname, behind } = link
  const routers = await net.addNetns(`${link.name}-routers`)
  const { preferred = [] } = link
  // Of one subnet the kernel takes the first; of IPv6 hosts, the one most like the router's.
  const addresses = [...preferred, ...link.node]
  const nodeEnd = { netns: node, ifname, addresses }
  // The unnumbered session must find its neighbour by interface on either side.
  const routersEnd = { netns: routers, ifname, addresses: link.routers }
  if (behind) {
    const hop = await net.addNetns(`${link.name}-hop`, { forwarding: true })
    await net.link(nodeEnd, { netns: hop, ifname: 'near', addresses: [behind.near] })
    await net.link({ netns: hop, ifname: 'far', addresses: [behind.far] }, routersEnd)
    // A default route, as nodes have it: FRR must be told to look for neighbours there.
    await node.addRoute('default', bare(behind.near))
    for (const own of link.node) await routers.addRoute(bare(own), bare(behind.far))
  } else {
    await net.link(nodeEnd, routersEnd)
    await addHostRoutes(nodeEnd, link.routers)
    await addHostRoutes(routersEnd, addresses)
  }
  return { netns: routers, ifname, nextHops: await nextHopsOf(node, link) }
}

/** Who has no subnet in common finds the other by a route to the link. */
async function addHostRoutes(
  { netns, ifname }: { netns: Netns; ifname: string },
  others: readonly string[],
): Promise<void> {
  const hosts = others.filter((address) => address.endsWith('/128'))
  await netns.ip(...hosts.map((host) => `route add ${host} dev ${ifname}`))
}

async function nextHopsOf(node: Netns, { ifname, node: own }: Link): Promise<Place['nextHops']> {
  const node4 = own.find((address) => !isV6(address))
  const node6 = own.find(isV6)
  return {
    ...(node4 ? { node4: bare(node4) } : {}),
    ...(node6 ? { node6: bare(node6) } : {}),
    'link-local': await linkLocalOf(node, ifname),
  }
}

/** The kernel makes it from the MAC, which depends on the names alone. */
export async function linkLocalOf(netns: Netns, ifname: string): Promise<string> {
  const text = await netns.exec(['ip', '-j', '-6', 'address', 'show', 'dev', ifname])
  const [{ addr_info: addresses } = { addr_info: [] }] = JSON.parse(text) as {
    addr_info: { local: string; scope: string }[]
  }[]
  const found = addresses.find(({ scope }) => scope === 'link')
  if (!found) throw new Error(`${netns.id}: ${ifname} has no link-local address`)
  return found.local
}

const isV6 = (address: string) => address.includes(':')
const bare = (address: string) => address.split('/')[0]!

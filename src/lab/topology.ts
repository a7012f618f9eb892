// What a lab consists of, as data, and the topologies we ship. Pure; lab.ts brings one up in network
// namespaces, container-lab.ts in containers; router-config.ts writes its routers.

export type Implementation = 'frr' | 'bird'

export interface LanSpec {
  readonly name: string
  readonly v4: string
  readonly v6?: string
}

/** One leg of a machine: the interface on a LAN, with addresses that carry their prefix length. */
export interface Leg {
  readonly lan: string
  readonly ifname: string
  readonly v4: string
  readonly v6?: string
}

export interface RouterSpec {
  readonly name: string
  readonly implementation: Implementation
  readonly asn: number
  readonly legs: readonly Leg[]
  /** LAN on which it peers with the nodes. */
  readonly lan: string
  readonly password?: string
}

export interface NodeSpec {
  readonly name: string
  readonly asn: number
  readonly legs: readonly Leg[]
}

/** A machine that only uses what the nodes serve. */
export interface ClientSpec {
  readonly name: string
  readonly legs: readonly Leg[]
}

export interface Bfd {
  readonly intervalMs: number
  readonly multiplier: number
}

/** Machines and what connects them. */
export interface Network {
  readonly name: string
  readonly lans: readonly LanSpec[]
  readonly routers: readonly RouterSpec[]
  readonly nodes: readonly NodeSpec[]
  readonly clients?: readonly ClientSpec[]
  /** Sessions among the routers, each on a LAN both have a leg on. */
  readonly peerings: readonly { readonly a: string; readonly b: string; readonly lan: string }[]
  readonly bfd?: Bfd
  /** What the routers accept from the nodes: parts of these, and nothing else. */
  readonly pools: { readonly v4: string; readonly v6?: string }
  /** Most prefixes a router takes from one node before it closes the session. */
  readonly prefixMax: number
}

export interface Topology extends Network {
  /** Folder below manifests/samples with the objects that fit. */
  readonly samples: string
}

const RACK: LanSpec = { name: 'rack', v4: '192.0.2.0/24', v6: '2001:db8:2::/64' }

const rackNodes = (count: number): NodeSpec[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ name: `n${index + 1}`, asn: 64513 },
    legs: [legOn(RACK, 11 + index)],
  }))

/**
 * Two routers of two makes, three nodes, one LAN, both families. The addresses are the ones set aside
 * for documentation: nobody's network, whatever this machine is connected to.
 */
export function demoTopology(): Topology {
  const router = { asn: 64512, lan: 'rack', password: 'ferrule-demo' } as const
  return {
    name: 'demo',
    lans: [RACK],
    routers: [
      { ...router, name: 'r1', implementation: 'frr', legs: [legOn(RACK, 1)] },
      { ...router, name: 'r2', implementation: 'bird', legs: [legOn(RACK, 2)] },
    ],
    nodes: rackNodes(3),
    peerings: [],
    bfd: { intervalMs: 300, multiplier: 3 },
    pools: { v4: '198.51.100.0/24', v6: '2001:db8:64::/120' },
    prefixMax: 100,
    samples: 'demo',
  }
}

/**
 * Four routers of AS 64512, two in each data centre, and nodes with a leg in both. The guide calls the
 * sessions between the data centres eBGP, but both ends are AS 64512: inside one AS it is iBGP.
 */
export function multiRouterTopology(): Topology {
  const dc1: LanSpec = { name: 'dc1', v4: '192.168.1.0/24' }
  const dc2: LanSpec = { name: 'dc2', v4: '192.168.2.0/24' }
  const wan: LanSpec = { name: 'wan', v4: '192.168.255.0/24' }
  const router = (name: string, lan: LanSpec, host: number, wanHost: number): RouterSpec => ({
    ...{ name, implementation: 'frr', asn: 64512, lan: lan.name },
    legs: [legOn(lan, host), legOn(wan, wanHost, 'eth1')],
    password: `${lan.name}-bgp-password`,
  })
  return {
    name: 'multi-router',
    lans: [dc1, dc2, wan],
    routers: [
      ...[router('r1', dc1, 1, 1), router('r2', dc1, 2, 2)],
      ...[router('r3', dc2, 1, 3), router('r4', dc2, 2, 4)],
    ],
    nodes: [10, 11, 12].map((host, index) => ({
      ...{ name: `n${index + 1}`, asn: 64513 },
      legs: [legOn(dc1, host), legOn(dc2, host, 'eth1')],
    })),
    peerings: [
      ...[
        { a: 'r1', b: 'r2', lan: 'dc1' },
        { a: 'r3', b: 'r4', lan: 'dc2' },
      ],
      ...[
        { a: 'r1', b: 'r3', lan: 'wan' },
        { a: 'r2', b: 'r4', lan: 'wan' },
      ],
    ],
    bfd: { intervalMs: 300, multiplier: 3 },
    pools: { v4: '10.100.0.0/24' },
    prefixMax: 256,
    samples: 'multi-router',
  }
}

export const TOPOLOGIES: ReadonlyMap<string, () => Topology> = new Map([
  ['demo', demoTopology],
  ['multi-router', multiRouterTopology],
])

/** The least that is whole: one FRR router, and two nodes, so that one may go. */
export function oneRouterNetwork(): Network {
  const router = { name: 'r1', implementation: 'frr', asn: 64512, lan: 'rack' } as const
  return {
    name: 'one-router',
    lans: [RACK],
    routers: [{ ...router, password: 'ferrule-demo', legs: [legOn(RACK, 1)] }],
    nodes: rackNodes(2),
    peerings: [],
    bfd: { intervalMs: 300, multiplier: 3 },
    pools: { v4: '198.51.100.0/24', v6: '2001:db8:64::/120' },
    prefixMax: 100,
  }
}

/** No router at all: nodes and a client on one LAN, whose addresses the services have too. */
export function layer2Network(): Network {
  return {
    name: 'layer2',
    lans: [RACK],
    routers: [],
    nodes: rackNodes(3),
    clients: [{ name: 'client', legs: [legOn(RACK, 100)] }],
    peerings: [],
    pools: { v4: RACK.v4 },
    prefixMax: 0,
  }
}

/** What test/containerlab runs in containers, by the name of its folder there. */
export const CONTAINER_NETWORKS: ReadonlyMap<string, () => Network> = new Map<
  string,
  () => Network
>([
  ['one-router', oneRouterNetwork],
  ['data-centres', multiRouterTopology],
  ['layer2', layer2Network],
  ['two-makes', demoTopology],
])

/** The leg of the machine with this host number: `.11` and `::11`, the way people count. */
function legOn(lan: LanSpec, host: number, ifname = 'eth0'): Leg {
  const at = (net: string) => net.replace(/0?\/(\d+)$/, `${host}/$1`)
  const v4 = at(lan.v4)
  return { lan: lan.name, ifname, v4, ...(lan.v6 ? { v6: at(lan.v6) } : {}) }
}

export const legOf = (machine: { name: string; legs: readonly Leg[] }, lan: string): Leg => {
  const leg = machine.legs.find((one) => one.lan === lan)
  if (!leg) throw new Error(`${machine.name} has no leg on LAN ${lan}`)
  return leg
}

/** The address without its prefix length. */
export const bare = (address: string): string => address.split('/')[0] ?? address

/** All addresses of a machine. */
export const addressesOf = (machine: { readonly legs: readonly Leg[] }): string[] =>
  machine.legs
    .flatMap(({ v4, v6 }) => [v4, v6])
    .filter((address) => address !== undefined)
    .map(bare)

export interface Neighbour {
  readonly name: string
  readonly address: string
  readonly asn: number
}

/** The nodes as one router sees them, per family. */
export function nodesOf(topology: Network, router: RouterSpec, family: 'v4' | 'v6'): Neighbour[] {
  return topology.nodes.flatMap((node) => {
    const address = node.legs.find((leg) => leg.lan === router.lan)?.[family]
    return address ? [{ name: node.name, address: bare(address), asn: node.asn }] : []
  })
}

/** The other routers this one speaks with. */
export function routerPeers(topology: Network, router: RouterSpec): Neighbour[] {
  return topology.peerings.flatMap(({ a, b, lan }) => {
    const name = a === router.name ? b : b === router.name ? a : undefined
    const other = topology.routers.find((one) => one.name === name)
    return other ? [{ name: other.name, address: bare(legOf(other, lan).v4), asn: other.asn }] : []
  })
}

/** The Node objects a cluster would have for these machines. */
export function nodeObjects(topology: Network): object[] {
  return topology.nodes.map((node) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node.name, labels: { 'kubernetes.io/hostname': node.name } },
    status: {
      addresses: addressesOf(node).map((address) => ({ type: 'InternalIP', address })),
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  }))
}

// A network as containerlab's topology file (containerlab.dev/manual/topo-def-file), and the files its
// machines mount. Pure. Only what its documentation describes is used, for one file must do for
// containerlab and for container-lab.ts, which builds the same where containerlab is not installed.
//
// A node of the cluster is a container that only holds the network: its Pods join it. They cannot stand
// in this file, for containerlab runs every container privileged, and theirs is what shall be tried.
import { Document, isScalar, isSeq, visit } from 'yaml'
import { routerConfig } from './router-config.ts'
import type { LanSpec, Leg, Network, RouterSpec } from './topology.ts'

/** What this file says of a machine; the words are containerlab's. */
export interface ClabNode {
  readonly image: string
  readonly entrypoint?: string
  readonly binds?: readonly string[]
  readonly sysctls?: Readonly<Record<string, number>>
  /** Run once its links are there. Only `ip`, which needs nothing but its network. */
  readonly exec?: readonly string[]
}

export interface ClabFile {
  readonly name: string
  readonly topology: {
    readonly defaults: typeof DEFAULTS
    readonly nodes: Readonly<Record<string, ClabNode>>
    readonly links: readonly { readonly endpoints: readonly [string, string] }[]
  }
}

/** What every machine has in common. */
const DEFAULTS = {
  kind: 'linux',
  // The network is the one of the links, and nothing else.
  'network-mode': 'none',
  'image-pull-policy': 'Never',
  // Whoever ends a machine wants it to be gone.
  'restart-policy': 'no',
  sysctls: {
    // Docker switches IPv6 off where it gives no IPv6 address itself.
    'net.ipv6.conf.all.disable_ipv6': 0,
    'net.ipv6.conf.default.disable_ipv6': 0,
    // Addresses shall be usable at once.
    'net.ipv6.conf.all.accept_dad': 0,
    'net.ipv6.conf.default.accept_dad': 0,
    'net.ipv6.conf.default.accept_ra': 0,
  },
} as const

export const TOPOLOGY_FILE = 'topology.clab.yaml'
export const IMAGES = {
  frr: 'ferrule-frr:dev',
  bird: 'ferrule-bird:dev',
  /** Has `ip` and `sleep`. */
  holder: 'ferrule:dev',
} as const

/** Path → text, below a folder of their own. */
export function containerlabFiles(name: string, network: Network): ReadonlyMap<string, string> {
  const document = new Document({ name, topology: containerlabTopology(network) })
  // One line for each link, as people write them.
  visit(document, {
    Pair: (_, { key, value }) => {
      if (isScalar(key) && key.value === 'endpoints' && isSeq(value)) value.flow = true
    },
  })
  // To parsers of YAML 1.1 a bare "no" is not a word.
  document.setSchema('1.1')
  return new Map([
    [TOPOLOGY_FILE, document.toString({ lineWidth: 100 })],
    ...network.routers.flatMap((router) => routerFiles(network, router)),
  ])
}

function routerFiles(network: Network, router: RouterSpec): [string, string][] {
  const config = routerConfig(network, router)
  if (router.implementation === 'bird')
    return [[`${router.name}/bird.conf`, `log stderr all;\n${config}`]]
  return [
    [`${router.name}/frr.conf`, `log stdout informational\n${interfaces(router)}${config}`],
    [`${router.name}/daemons`, DAEMONS],
    [`${router.name}/vtysh.conf`, 'service integrated-vtysh-config\n'],
  ]
}

/** FRR gives its interfaces their addresses itself; BIRD leaves that to others. */
const interfaces = ({ legs }: RouterSpec): string =>
  legs
    .flatMap(({ ifname, v4, v6 }) => [
      ...[`interface ${ifname}`, ` ip address ${v4}`],
      ...(v6 ? [` ipv6 address ${v6}`] : []),
      ...['exit', ''],
    ])
    .join('\n')

/** A router listens for its neighbours; on TCP it opens no terminals. */
const DAEMONS = `bgpd=yes
bfdd=yes
vtysh_enable=yes
zebra_options="-A 127.0.0.1 -P 0"
mgmtd_options="-A 127.0.0.1 -P 0"
staticd_options="-A 127.0.0.1 -P 0"
bgpd_options="-A 127.0.0.1 -P 0"
bfdd_options="-A 127.0.0.1 -P 0"
`

export function containerlabTopology(network: Network): ClabFile['topology'] {
  const { lans, routers, nodes, clients = [] } = network
  const machines = [...routers, ...nodes, ...clients]
  return {
    defaults: DEFAULTS,
    nodes: Object.fromEntries([
      ...lans.map((lan) => [lan.name, switchNode(lan, machines)]),
      ...routers.map((router) => [router.name, routerNode(router)]),
      ...[...nodes, ...clients].map(({ name, legs }) => [name, hostNode(legs)]),
    ]),
    links: machines.flatMap(({ name, legs }) =>
      legs.map(({ lan, ifname }) => ({
        endpoints: [`${name}:${ifname}`, `${lan}:${portOf(name, ifname)}`] as const,
      })),
    ),
  }
}

interface Machine {
  readonly name: string
  readonly legs: readonly Leg[]
}

const portOf = (machine: string, ifname: string) => `${machine}-${ifname}`

/** containerlab would want a bridge of the host's that somebody made; this one is gone with the lab. */
function switchNode({ name: lan }: LanSpec, machines: readonly Machine[]): ClabNode {
  const ports = machines.flatMap(({ name, legs }) =>
    legs.filter((leg) => leg.lan === lan).map(({ ifname }) => portOf(name, ifname)),
  )
  return {
    ...HOLDING,
    exec: [
      'ip link add br0 type bridge forward_delay 0 stp_state 0 mcast_snooping 0',
      'ip link set br0 up',
      ...ports.map((port) => `ip link set ${port} master br0`),
    ],
  }
}

function routerNode({ name, implementation, legs }: RouterSpec): ClabNode {
  return {
    image: IMAGES[implementation],
    binds: [`${name}:/etc/${implementation === 'frr' ? 'frr' : 'bird'}:ro`],
    sysctls: { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 },
    ...(implementation === 'bird' ? { exec: legs.flatMap(addressLines) } : {}),
  }
}

const hostNode = (legs: readonly Leg[]): ClabNode => ({
  ...HOLDING,
  exec: legs.flatMap(addressLines),
})

/** A container that does nothing: what matters is its network. */
const HOLDING = { image: IMAGES.holder, entrypoint: 'sleep infinity' }

const addressLines = ({ ifname, v4, v6 }: Leg): string[] => [
  `ip address add ${v4} dev ${ifname}`,
  ...(v6 ? [`ip address add ${v6} dev ${ifname} nodad`] : []),
]

// The configuration of a lab's routers, written as the network's own engineer would: named neighbours,
// import filters, a limit on prefixes, BFD, and nothing sent back to the nodes. Pure.
import {
  bare,
  legOf,
  type Neighbour,
  type Network,
  nodesOf,
  type RouterSpec,
  routerPeers,
} from './topology.ts'

export function routerConfig(topology: Network, router: RouterSpec): string {
  return router.implementation === 'frr'
    ? frrConfig(topology, router)
    : birdConfig(topology, router)
}

export function frrConfig(topology: Network, router: RouterSpec): string {
  const v4 = nodesOf(topology, router, 'v4')
  const v6 = nodesOf(topology, router, 'v6')
  const others = routerPeers(topology, router)
  const { pools, bfd, prefixMax } = topology
  return lines(
    `hostname ${router.name}`,
    bfd && [
      'bfd',
      ' profile NODES',
      `  detect-multiplier ${bfd.multiplier}`,
      `  receive-interval ${bfd.intervalMs}`,
      `  transmit-interval ${bfd.intervalMs}`,
      'exit',
    ],
    // The pools and what lies in them, so that an aggregate as well as a single address may come.
    `ip prefix-list SERVICES seq 10 permit ${pools.v4} le 32`,
    pools.v6 && `ipv6 prefix-list SERVICES6 seq 10 permit ${pools.v6} le 128`,
    'route-map FROM-NODES permit 10',
    ' match ip address prefix-list SERVICES',
    'exit',
    pools.v6 && [
      'route-map FROM-NODES permit 20',
      ' match ipv6 address prefix-list SERVICES6',
      'exit',
    ],
    'route-map TO-NODES deny 10',
    'exit',
    `router bgp ${router.asn}`,
    ` bgp router-id ${bare(legOf(router, router.lan).v4)}`,
    ' bgp log-neighbor-changes',
    ' no bgp default ipv4-unicast',
    group('NODES', v4, router, bfd !== undefined),
    v6.length > 0 && group('NODES6', v6, router, bfd !== undefined),
    others.flatMap((other) => [
      ` neighbor ${other.address} remote-as ${other.asn}`,
      ` neighbor ${other.address} description ${other.name}`,
      // A router that starts later is tried again soon, not after FRR's two minutes.
      ` neighbor ${other.address} timers connect 5`,
    ]),
    ' address-family ipv4 unicast',
    family('NODES', prefixMax),
    others.flatMap(({ address }) => [
      `  neighbor ${address} activate`,
      // The nodes' LAN is not in the other router's table.
      `  neighbor ${address} next-hop-self`,
    ]),
    ' exit-address-family',
    v6.length > 0 && [
      ' address-family ipv6 unicast',
      family('NODES6', prefixMax),
      ' exit-address-family',
    ],
    'exit',
  )
}

function group(name: string, nodes: readonly Neighbour[], router: RouterSpec, bfd: boolean) {
  const asn = nodes[0]?.asn
  if (asn === undefined) throw new Error(`${router.name} has no nodes on LAN ${router.lan}`)
  return [
    ` neighbor ${name} peer-group`,
    ` neighbor ${name} remote-as ${asn}`,
    // Speakers open sessions and never listen; trying to reach them would only delay theirs.
    ` neighbor ${name} passive`,
    router.password && ` neighbor ${name} password ${router.password}`,
    bfd && ` neighbor ${name} bfd profile NODES`,
    ...nodes.flatMap((node) => [
      ` neighbor ${node.address} peer-group ${name}`,
      ` neighbor ${node.address} description ${node.name}`,
    ]),
  ]
}

const family = (name: string, prefixMax: number) => [
  `  neighbor ${name} activate`,
  `  neighbor ${name} soft-reconfiguration inbound`,
  `  neighbor ${name} route-map FROM-NODES in`,
  `  neighbor ${name} route-map TO-NODES out`,
  `  neighbor ${name} maximum-prefix ${prefixMax}`,
  '  maximum-paths 16',
]

export function birdConfig(topology: Network, router: RouterSpec): string {
  const { pools, bfd, prefixMax } = topology
  const leg = legOf(router, router.lan)
  const families = [
    { family: 'v4', channel: 'ipv4', pool: orLonger(pools.v4, 32) },
    ...(pools.v6
      ? [{ family: 'v6', channel: 'ipv6', pool: orLonger(pools.v6, 128) } as const]
      : []),
  ] as const
  return lines(
    `router id ${bare(leg.v4)};`,
    'protocol device {}',
    'protocol direct { ipv4; ipv6; }',
    'protocol kernel { ipv4 { export where source = RTS_BGP; }; merge paths limit 16; }',
    'protocol kernel { ipv6 { export where source = RTS_BGP; }; merge paths limit 16; }',
    bfd && [
      'protocol bfd {',
      '  interface "*" {',
      `    min rx interval ${bfd.intervalMs} ms;`,
      `    min tx interval ${bfd.intervalMs} ms;`,
      `    multiplier ${bfd.multiplier};`,
      '  };',
      '}',
    ],
    families.map(({ family, channel, pool }) => [
      `filter services_${family} { if net ~ [ ${pool} ] then accept; reject; }`,
      `template bgp nodes_${family} {`,
      `  local as ${router.asn};`,
      '  passive on;',
      bfd && '  bfd on;',
      router.password && `  password "${router.password}";`,
      // After an error BIRD turns a neighbour away for a minute; a node that restarts need not wait.
      '  error wait time 1, 5;',
      `  ${channel} {`,
      `    import filter services_${family};`,
      `    import limit ${prefixMax} action restart;`,
      '    import table;',
      '    export none;',
      '  };',
      '}',
      nodesOf(topology, router, family).map(({ name, address, asn }) => [
        `protocol bgp ${name}_${family} from nodes_${family} { neighbor ${address} as ${asn}; }`,
      ]),
    ]),
  )
}

/** BIRD's spelling of "this prefix or a part of it". */
const orLonger = (prefix: string, max: number) => `${prefix}{${prefix.split('/')[1]},${max}}`

type Lines = string | false | undefined | readonly Lines[]

const lines = (...parts: Lines[]): string => `${flatten(parts).join('\n')}\n`

function flatten(part: Lines): string[] {
  if (typeof part === 'string') return part === '' ? [] : [part]
  return part ? part.flatMap(flatten) : []
}

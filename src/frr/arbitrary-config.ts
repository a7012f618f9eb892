// For tests: random configurations in the shape we render, small enough to read when one fails and
// dense enough that two of them share neighbours, networks and classes.
import fc from 'fast-check'

const CLASSES = [1, 2, 3]
const NEIGHBORS = ['10.0.0.2', '10.0.0.3', 'fd00::2']
const NETWORKS = {
  ipv4: ['198.18.0.1/32', '198.18.0.2/32', '198.18.0.3/32', '198.18.4.0/24'],
  ipv6: ['fd01::1/128', 'fd01::2/128'],
} as const

const some = <T>(from: readonly T[]) => fc.subarray([...from])

const clause = fc.record({
  community: fc.option(fc.constantFrom('65001:100', '65001:100 65001:200', 'no-export')),
  large: fc.option(fc.constantFrom('1:2:3', '1:2:3 1:2:4')),
  localPref: fc.option(fc.constantFrom(50, 150)),
})

const neighbor = fc.record({
  remoteAs: fc.constantFrom('64513', '64514', 'external'),
  password: fc.option(fc.constantFrom('red', 'blue')),
  ttl: fc.constantFrom('none', 'multihop', 'security'),
  timers: fc.option(fc.constantFrom('1 3', '30 90')),
  connect: fc.option(fc.constantFrom(5, 10)),
  profile: fc.option(fc.constantFrom('fast', 'slow')),
  families: some(['ipv4', 'ipv6'] as const),
  classes: fc.dictionary(fc.constantFrom(...CLASSES.map(String)), clause, {
    noNullPrototype: true,
  }),
})

const router = (asns: readonly number[]) =>
  fc.record({
    asn: fc.constantFrom(...asns),
    routerId: fc.option(fc.constantFrom('10.0.0.1', '10.0.0.9')),
    neighbors: fc.dictionary(fc.constantFrom(...NEIGHBORS), neighbor, { noNullPrototype: true }),
    networks: fc.record({
      ipv4: fc.dictionary(fc.constantFrom(...NETWORKS.ipv4), fc.constantFrom(...CLASSES), {
        noNullPrototype: true,
      }),
      ipv6: fc.dictionary(fc.constantFrom(...NETWORKS.ipv6), fc.constantFrom(...CLASSES), {
        noNullPrototype: true,
      }),
    }),
  })

export interface ConfigOptions {
  /** Kernels without VRF devices refuse nothing, but tests on them may want none. */
  readonly vrfs: readonly string[]
  readonly asns: readonly number[]
}

type Router = typeof router extends (asns: readonly number[]) => fc.Arbitrary<infer R> ? R : never

/** Text of a configuration in canonical form. */
export const config = ({ vrfs, asns }: ConfigOptions): fc.Arbitrary<string> =>
  fc
    .record({
      profiles: fc.dictionary(
        fc.constantFrom('fast', 'slow'),
        fc.record({ receive: fc.option(fc.constantFrom(60, 100)), passive: fc.boolean() }),
        { noNullPrototype: true },
      ),
      routers: fc.dictionary(fc.constantFrom('', ...vrfs), router(asns), { noNullPrototype: true }),
    })
    .map(({ profiles, routers }) =>
      [
        'bgp route-map delay-timer 0',
        ...classMaps(routers),
        ...Object.entries(routers).flatMap(([vrf, one]) => [
          ...neighborMaps(vrf, one),
          ...routerBlock(vrf, one),
        ]),
        ...bfdBlock(profiles),
        '',
      ].join('\n'),
    )

function classMaps(routers: Record<string, Router>): string[] {
  const used = new Set<number>()
  for (const { networks } of Object.values(routers)) {
    for (const id of Object.values({ ...networks.ipv4, ...networks.ipv6 })) used.add(id)
  }
  return [...used].flatMap((id) => [`route-map svc-${id} permit 1`, ` set tag ${id}`, 'exit'])
}

const idOf = (vrf: string, name: string): string => (vrf ? `${name}-${vrf}` : name)

function neighborMaps(vrf: string, { neighbors }: Router): string[] {
  return Object.entries(neighbors).flatMap(([name, { classes }]) => {
    const id = idOf(vrf, name)
    const clauses = Object.entries(classes).flatMap(([tag, sets]) => [
      `route-map ${id}-out permit ${Number(tag) * 10}`,
      ` match tag ${tag}`,
      ...(sets.community ? [` set community ${sets.community} additive`] : []),
      ...(sets.large ? [` set large-community ${sets.large} additive`] : []),
      ...(sets.localPref ? [` set local-preference ${sets.localPref}`] : []),
      'exit',
    ])
    return [
      `route-map ${id}-in deny 20`,
      'exit',
      ...clauses,
      `route-map ${id}-out deny 65000`,
      'exit',
    ]
  })
}

function routerBlock(vrf: string, one: Router): string[] {
  const neighbors = Object.entries(one.neighbors)
  return [
    `router bgp ${one.asn}${vrf ? ` vrf ${vrf}` : ''}`,
    ...(one.routerId ? [` bgp router-id ${one.routerId}`] : []),
    ' no bgp ebgp-requires-policy',
    ' no bgp default ipv4-unicast',
    ' bgp graceful-restart preserve-fw-state',
    ' no bgp network import-check',
    ...neighbors.flatMap(([name, it]) => sessionLines(name, it)),
    ...(['ipv4', 'ipv6'] as const).flatMap((afi) => familyBlock(vrf, afi, one)),
    'exit',
  ]
}

function sessionLines(name: string, it: Router['neighbors'][string]): string[] {
  return [
    ` neighbor ${name} remote-as ${it.remoteAs}`,
    ...(it.profile ? [` neighbor ${name} bfd`, ` neighbor ${name} bfd profile ${it.profile}`] : []),
    ...(it.password ? [` neighbor ${name} password ${it.password}`] : []),
    ...(it.ttl === 'multihop' ? [` neighbor ${name} ebgp-multihop 255`] : []),
    ...(it.ttl === 'security' ? [` neighbor ${name} ttl-security hops 1`] : []),
    ...(it.timers ? [` neighbor ${name} timers ${it.timers}`] : []),
    ...(it.connect ? [` neighbor ${name} timers connect ${it.connect}`] : []),
  ]
}

function familyBlock(vrf: string, afi: 'ipv4' | 'ipv6', one: Router): string[] {
  const lines = Object.entries(one.networks[afi]).map(
    ([network, id]) => `  network ${network} route-map svc-${id}`,
  )
  for (const [name, { families }] of Object.entries(one.neighbors)) {
    if (!families.includes(afi)) continue
    lines.push(
      `  neighbor ${name} activate`,
      `  neighbor ${name} route-map ${idOf(vrf, name)}-in in`,
      `  neighbor ${name} route-map ${idOf(vrf, name)}-out out`,
    )
  }
  if (lines.length === 0) return []
  return [' !', ` address-family ${afi} unicast`, ...lines, ' exit-address-family']
}

function bfdBlock(
  profiles: Record<string, { receive: number | null; passive: boolean }>,
): string[] {
  const blocks = Object.entries(profiles).flatMap(([name, { receive, passive }]) => [
    ` profile ${name}`,
    ...(receive ? [`  receive-interval ${receive}`] : []),
    ...(passive ? ['  passive-mode'] : []),
    ' exit',
  ])
  return blocks.length > 0 ? ['bfd', ...blocks, 'exit'] : []
}

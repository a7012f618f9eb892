// The lab itself, on this machine: the namespaces hold what is put into them and leave nothing, FRR of
// both versions starts, dies and comes back, and three witnesses read the same from the same wire.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { startBird } from '../../src/lab/bird.ts'
import { startFrr } from '../../src/lab/frr.ts'
import { frrRoot, frrRootVersion } from '../../src/lab/frr-root.ts'
import { missingKernelFeatures } from '../../src/lab/kernel.ts'
import { Lab } from '../../src/lab/lab.ts'
import { type Net, openNet, uniquePrefix } from '../../src/lab/netns.ts'
import { missingParts } from '../../src/lab/packages.ts'
import { routerConfig } from '../../src/lab/router-config.ts'
import { bare, demoTopology, multiRouterTopology } from '../../src/lab/topology.ts'
import { until } from '../../src/lab/until.ts'
import { startWitness } from '../../src/lab/witness.ts'

const root = frrRoot(process.env)
const missing: string[] = (await missingParts()).map((part) => part.package)
const isRoot = process.getuid?.() === 0
const hasFrr10 = isRoot && (await frrRootVersion(root)) !== undefined

/** Where a part is missing the test is skipped and says why; CI must have them all. */
function need(...packages: string[]): { skip: string | false } {
  if (process.env.CI === 'true') return { skip: false }
  if (!isRoot) return { skip: 'needs root' }
  const lacking = packages.filter((name) => missing.includes(name))
  if (packages.includes('frr-10') && !hasFrr10) lacking.push('FRR 10')
  return { skip: lacking.length > 0 && `missing: ${lacking.join(', ')} (run ferrule setup)` }
}

async function scratch(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'lab-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** A router at .1 and a node at .11, both families. */
async function pair(net: Net) {
  const lan = await net.addLan('rack')
  const router = await net.addNetns('r1')
  const node = await net.addNetns('n1')
  const leg = (host: number) => ({
    ifname: 'eth0',
    addresses: [`192.0.2.${host}/24`, `2001:db8:2::${host}/64`],
  })
  await net.attach(lan, router, leg(1))
  await net.attach(lan, node, leg(11))
  return { lan, router, node }
}

const NODE_CONFIG = `
route-map SERVICE permit 10
 set community 64512:100
 set large-community 64512:1:100
exit
router bgp 64513
 no bgp ebgp-requires-policy
 no bgp network import-check
 no bgp default ipv4-unicast
 neighbor 192.0.2.1 remote-as 64512
 neighbor 192.0.2.1 timers connect 1
 neighbor 2001:db8:2::1 remote-as 64512
 neighbor 2001:db8:2::1 timers connect 1
 address-family ipv4 unicast
  neighbor 192.0.2.1 activate
  network 198.51.100.1/32 route-map SERVICE
 exit-address-family
 address-family ipv6 unicast
  neighbor 2001:db8:2::1 activate
  network 2001:db8:64::1/128 route-map SERVICE
 exit-address-family
exit
`

/** Everything a witness may say about the two routes of NODE_CONFIG. */
const EXPECTED = ['198.51.100.1/32', '2001:db8:64::1/128'].map((prefix) => ({
  ...{ prefix, nextHop: prefix.includes(':') ? '2001:db8:2::11' : '192.0.2.11' },
  ...{ asPath: [64513], med: 0, communities: ['64512:100'], largeCommunities: ['64512:1:100'] },
}))

const reaches = async (from: { exec(argv: string[]): Promise<string> }, address: string) => {
  const argv = ['ping', '-c', '1', '-W', '1', address]
  return await from.exec(argv).then(
    () => true,
    () => false,
  )
}

test(
  'a LAN carries both families at once, and a port can be cut without a sound',
  need('iproute2', 'iputils-ping'),
  async () => {
    await using net = await openNet(uniquePrefix('labnet'))
    const { lan, router, node } = await pair(net)
    assert.ok(await reaches(node, '192.0.2.1'))
    assert.ok(await reaches(node, '2001:db8:2::1'))
    await lan.cut(router)
    assert.equal(await reaches(node, '192.0.2.1'), false)
    const carrier = () => router.exec(['cat', '/sys/class/net/eth0/carrier'])
    assert.equal(await carrier(), '1')
    await lan.heal(router)
    assert.ok(await reaches(node, '192.0.2.1'))
    await lan.unplug(router)
    await until('the carrier is lost', async () => (await carrier()) === '0')
  },
)

test(
  'removal takes processes with it, and what a dead process left is found',
  need('iproute2'),
  async () => {
    const owner = spawn('true')
    await once(owner, 'exit')
    const orphan = `labnetp${owner.pid}x0-n1`
    await execa('ip', ['netns', 'add', orphan])
    const net = await openNet(uniquePrefix('labnet'))
    const netns = await net.addNetns('n1')
    const [file = '', ...args] = netns.command(['sleep', '600'])
    const child = spawn(file, args)
    await until('it runs inside', async () => {
      const { stdout } = await execa('ip', ['netns', 'pids', netns.id])
      return stdout.includes(String(child.pid))
    })
    const ended = once(child, 'exit')
    await net.remove()
    assert.deepEqual(await ended, [null, 'SIGKILL'])
    const { stdout } = await execa('ip', ['netns', 'list'])
    assert.ok(!stdout.includes(netns.id) && !stdout.includes(orphan), stdout)
  },
)

for (const [name, options, parts] of [
  ["the machine's FRR", {}, ['frr']],
  ['FRR 10 under its own root', { root }, ['frr-10']],
] as const) {
  test(
    `${name} tells our receiver both routes, dies, and comes back with its configuration`,
    need('iproute2', ...parts),
    async () => {
      await using net = await openNet(uniquePrefix('labfrr'))
      await using dir = await scratch()
      const { router, node } = await pair(net)
      await using witness = await startWitness({ netns: router, asn: 64512, listen: '::' })
      await using frr = await startFrr({
        netns: node,
        dir: dir.path,
        config: NODE_CONFIG,
        ...options,
      })
      assert.ok((await stat(join(frr.runDir, 'bgpd.vty'))).isSocket())

      const table = () =>
        [
          ...witness.table('::ffff:192.0.2.11').values(),
          ...witness.table('2001:db8:2::11').values(),
        ]
          .map(({ origin: _, ...route }) => route)
          .sort((a, b) => a.prefix.localeCompare(b.prefix))
      await until('both routes at the receiver', () => table().length === 2, { timeoutMs: 30_000 })
      assert.deepEqual(table(), EXPECTED)

      const before = await frr.pid('bgpd')
      await frr.kill('bgpd', 'SIGKILL')
      assert.equal(await frr.pid('bgpd'), undefined)
      await until('the receiver has lost both', () => table().length === 0)
      await frr.start('bgpd')
      assert.notEqual(await frr.pid('bgpd'), before)
      await until('both routes again', () => table().length === 2, { timeoutMs: 30_000 })
      assert.deepEqual(table(), EXPECTED)
    },
  )
}

test(
  'a broken configuration is refused with the line, and leaves no daemon behind',
  need('iproute2', 'frr'),
  async () => {
    await using net = await openNet(uniquePrefix('labfrr'))
    await using dir = await scratch()
    const netns = await net.addNetns('n1')
    const config = 'router bgp 64513\n neighbor 192.0.2.1 remote-as nonsense\n'
    await assert.rejects(startFrr({ netns, dir: dir.path, config }), /remote-as nonsense/)
    const { stdout } = await execa('ip', ['netns', 'pids', netns.id])
    assert.equal(stdout, '')
  },
)

test(
  'BIRD and FRR as routers read the same from the same node',
  need('iproute2', 'frr', 'bird2'),
  async () => {
    const topology = demoTopology()
    const strip = { ...topology, nodes: topology.nodes.slice(0, 1) }
    const prefix = uniquePrefix('labtwo')
    await using lab = new Lab({ topology: strip, prefix, dir: join(tmpdir(), prefix) })
    await lab.buildNetwork()
    for (const router of strip.routers) await lab.startRouter(router)
    const node = await lab.startNode('n1')
    const neighbours = ['192.0.2.1', '192.0.2.2', '2001:db8:2::1', '2001:db8:2::2']
    const [maps = '', bgp = ''] = NODE_CONFIG.split('router bgp 64513')
    await node.vtysh(
      'configure terminal',
      ...lines(maps),
      ...['router bgp 64513', ...lines(bgp.split(' neighbor')[0] ?? '')],
      ...neighbours.flatMap((address) => [
        ...[`neighbor ${address} remote-as 64512`, `neighbor ${address} password ferrule-demo`],
        ...[`neighbor ${address} bfd`, `neighbor ${address} timers connect 1`],
        `address-family ${address.includes(':') ? 'ipv6' : 'ipv4'} unicast`,
        ...[`neighbor ${address} activate`, 'exit-address-family'],
      ]),
      ...['address-family ipv4 unicast', 'network 198.51.100.1/32 route-map SERVICE'],
      // Outside of what the routers accept: their filters must hold it back.
      ...['network 203.0.113.1/32 route-map SERVICE', 'exit-address-family'],
      ...['address-family ipv6 unicast', 'network 2001:db8:64::1/128 route-map SERVICE'],
    )
    for (const { spec, state } of await lab.routers()) {
      const what = `${spec.implementation} has both routes and BFD`
      const paths = await until(
        what,
        async () => {
          const sessions = await state.sessions()
          const found = await state.paths()
          const allUp =
            sessions.length === 2 && sessions.every((one) => one.established && one.bfdUp)
          return allUp && found.length === 2 && found
        },
        { timeoutMs: 40_000, everyMs: 100 },
      )
      assert.deepEqual(
        // What a router adds for itself is not what it was told.
        paths.map(({ best: _, localPref: __, ...path }) => path),
        EXPECTED,
        spec.implementation,
      )
    }
  },
)

const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

test(
  'the guide: four routers in two data centres, each hears every node',
  need('iproute2', 'frr'),
  async () => {
    const topology = multiRouterTopology()
    const prefix = uniquePrefix('labguide')
    await using lab = new Lab({ topology, prefix, dir: join(tmpdir(), prefix) })
    await lab.buildNetwork()
    for (const router of topology.routers) await lab.startRouter(router)
    for (const { name, asn } of topology.nodes) {
      const frr = await lab.startNode(name)
      await frr.vtysh(
        ...['configure terminal', `router bgp ${asn}`, 'no bgp ebgp-requires-policy'],
        ...topology.routers.flatMap(({ legs, password }) => {
          const address = bare(legs[0]?.v4 ?? '')
          const session = ['remote-as 64512', `password ${password}`, 'bfd', 'timers connect 1']
          return session.map((words) => `neighbor ${address} ${words}`)
        }),
      )
    }
    for (const { spec, state } of await lab.routers()) {
      await until(
        `${spec.name} has its sessions: three nodes with BFD, two routers`,
        async () => {
          const sessions = await state.sessions()
          const watched = sessions.filter(({ bfdUp }) => bfdUp)
          return (
            sessions.length === 5 &&
            watched.length === 3 &&
            sessions.every((one) => one.established)
          )
        },
        { timeoutMs: 60_000, everyMs: 100 },
      )
    }
  },
)

test(
  'BIRD refuses a configuration it cannot read, in its own words',
  need('iproute2', 'bird2'),
  async () => {
    await using net = await openNet(uniquePrefix('labbird'))
    await using dir = await scratch()
    const netns = await net.addNetns('r1')
    const broken = `${routerConfig(demoTopology(), demoTopology().routers[1]!)}nonsense;\n`
    await assert.rejects(startBird({ netns, dir: dir.path, config: broken }), /syntax error/)
  },
)

test(
  'what the kernel lacks is told by its name and reason, and nothing is left of the tries',
  need('iproute2'),
  async () => {
    for (const [feature, reason] of await missingKernelFeatures()) {
      assert.match(reason, /unknown|not supported|not known|specified/i, feature)
    }
    const { stdout } = await execa('ip', ['netns', 'list'])
    assert.ok(!stdout.includes(`probep${process.pid}`), stdout)
  },
)

// Applying configurations to real FRR of every version we support: what runs is adopted, differences
// arrive, refused ones leave no trace, and a peer sees a change of class without losing a route.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { pino } from 'pino'
import { type ApplyResult, type Frr as Edge, openFrr } from '../../src/frr/apply.ts'
import { config } from '../../src/frr/arbitrary-config.ts'
import { observeClasses } from '../../src/frr/classes.ts'
import { mergeOwned, ownedBy, parseTree, renderTree, type Tree } from '../../src/frr/tree.ts'
import { openVtysh } from '../../src/frr/vtysh.ts'
import { type Frr, startFrr } from '../../src/lab/frr.ts'
import { type Net, openNet, uniquePrefix } from '../../src/lab/netns.ts'
import { startWitness } from '../../src/lab/witness.ts'
import { classKey } from '../../src/render/classes.ts'
import { eventually } from '../support/eventually.ts'
import { assertThere, type FrrVersion, frrVersions, skipOf } from './support/frr-versions.ts'

const SEED = Number(process.env.SEED ?? 20260401)
const ROUNDS = 30
const log = pino({ level: 'silent' })

interface Site extends AsyncDisposable {
  readonly net: Net
  readonly frr: Frr
  readonly edge: Edge
  readonly configDir: string
  readonly root: string | undefined
  /** A further one of us, as after a restart. */
  open(): Promise<Edge>
}

/** One node with FRR on a LAN (192.0.2.11) where a router (192.0.2.1) may listen. */
async function openSite(version: FrrVersion): Promise<Site> {
  assertThere(version)
  const stack = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'frr-apply-'))
  stack.defer(() => rm(dir, { recursive: true }))
  const net = stack.use(await openNet(uniquePrefix('fapply')))
  const lan = await net.addLan('rack')
  const [router, node] = [await net.addNetns('r1'), await net.addNetns('n1')]
  await net.attach(lan, router, { ifname: 'eth0', addresses: ['192.0.2.1/24'] })
  await net.attach(lan, node, { ifname: 'eth0', addresses: ['192.0.2.11/24'] })
  const root = version.root
  const frr = stack.use(await startFrr({ netns: node, dir, ...(root ? { root } : {}) }))
  const open = async (): Promise<Edge> =>
    stack.use(await openFrr({ runDir: frr.runDir, configDir: frr.configDir, log }))
  const edge = await open()
  const dispose = () => stack.disposeAsync()
  return { net, frr, edge, configDir: frr.configDir, root, open, [Symbol.asyncDispose]: dispose }
}

const FAMILY = 'address-family ipv4 unicast'

function service(tag: number, community: string, networks: number): string {
  return `hostname n1
bgp route-map delay-timer 0
route-map svc-${tag} permit 1
 set tag ${tag}
exit
route-map 192.0.2.1-in deny 20
exit
route-map 192.0.2.1-out permit ${tag}0
 match tag ${tag}
 set community ${community} additive
exit
route-map 192.0.2.1-out deny 65000
exit
router bgp 64512
 bgp log-neighbor-changes
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 coalesce-time 10
 bgp graceful-restart preserve-fw-state
 no bgp network import-check
 neighbor 192.0.2.1 remote-as 64513
 neighbor 192.0.2.1 description the router
 neighbor 192.0.2.1 bfd
 neighbor 192.0.2.1 bfd profile fast
 neighbor 192.0.2.1 timers 10 30
 neighbor 192.0.2.1 timers connect 1
 !
 ${FAMILY}
${Array.from({ length: networks }, (_, i) => `  network 198.18.${i >> 8}.${i & 255}/32 route-map svc-${tag}`).join('\n')}
  neighbor 192.0.2.1 activate
  neighbor 192.0.2.1 route-map 192.0.2.1-in in
  neighbor 192.0.2.1 route-map 192.0.2.1-out out
 exit-address-family
exit
!
bfd
 profile fast
  receive-interval 100
 exit
exit
`
}

const owned = (tree: Tree): Tree => mergeOwned([ownedBy('bgpd', tree), ownedBy('bfdd', tree)])

/** Order is FRR's own; equal trees print equal once their lines are sorted. */
const sorted = (tree: Tree): string => {
  const path: string[] = []
  const flat: string[] = []
  for (const line of renderTree(owned(tree)).split('\n')) {
    const depth = line.length - line.trimStart().length
    path.length = depth
    path[depth] = line.trim()
    if (!line.trim().startsWith('exit')) flat.push(path.join(' > '))
  }
  return flat.sort().join('\n')
}

async function assertRuns(edge: Edge, text: string): Promise<void> {
  assert.equal(sorted(await edge.running()), sorted(parseTree(text)))
}

const kindOf = (result: ApplyResult): string =>
  result.kind === 'refused' ? `${result.line}: ${result.text}` : result.kind

for (const version of await frrVersions()) {
  suite(version.name, { skip: skipOf(version) }, () => {
    test('what runs is adopted: after a restart of ours there is nothing to send', async () => {
      await using site = await openSite(version)
      const text = service(7, '65001:100', 3)
      assert.equal(kindOf(await site.edge.apply(text)), 'applied')
      assert.deepEqual(await site.edge.apply(text), { kind: 'unchanged' })
      const again = await site.open()
      assert.deepEqual(await again.apply(text), { kind: 'unchanged' })
      await assertRuns(again, text)
      assert.equal(await readFile(join(site.configDir, 'frr.conf'), 'utf8'), text)
      assert.deepEqual([...observeClasses(await again.running(), classKey).values()], [7])
    })

    test(`random changes arrive, and the refused ones leave no trace (SEED=${SEED})`, async () => {
      await using site = await openSite(version)
      const texts = fc.sample(config({ vrfs: ['red'], asns: [64512, 64999] }), {
        seed: SEED,
        numRuns: ROUNDS,
      })
      for (const [round, text] of texts.entries()) {
        const before = sorted(await site.edge.running())
        const broken = await site.edge.apply(breakInTheMiddle(text))
        assert.equal(broken.kind, 'refused', `round ${round}`)
        assert.equal(sorted(await site.edge.running()), before, `round ${round}: not restored`)
        assert.equal(broken.kind === 'refused' && broken.restored, true)
        assert.match(kindOf(await site.edge.apply(text)), /^(applied|unchanged)$/, `round ${round}`)
        await assertRuns(site.edge, text)
        assert.deepEqual(await site.edge.apply(text), { kind: 'unchanged' }, `round ${round}`)
      }
    })

    test('a refusal names the line in FRR’s words, and the file stays', async () => {
      await using site = await openSite(version)
      const text = service(1, '65001:1', 2)
      await site.edge.apply(text)
      const result = await site.edge.apply(breakInTheMiddle(text))
      assert.ok(result.kind === 'refused')
      assert.equal(result.daemon, 'bgpd')
      assert.equal(result.line, 'neighbor 192.0.2.300 activate')
      assert.match(result.text, /remote-as|peer-group/)
      assert.equal(await readFile(join(site.configDir, 'frr.conf'), 'utf8'), text)
    })

    test('a user’s extra text is applied once, whatever FRR makes of it', async () => {
      await using site = await openSite(version)
      const text = `${service(1, '65001:1', 1)}
ip prefix-list mine permit 10.0.0.0/8 le 32
route-map 192.0.2.1-in permit 5
 match ip address prefix-list mine
router bgp 64512
 neighbor 192.0.2.1 maximum-prefix 100
 neighbor 192.0.2.1 capability dynamic
 bgp bestpath as-path multipath-relax
 timers bgp 5 15
 redistribute connected
 bgp listen limit 10
`
      assert.equal(kindOf(await site.edge.apply(text)), 'applied')
      assert.deepEqual(await site.edge.apply(text), { kind: 'unchanged' })
      assert.match(await site.frr.vtysh('show running-config'), /maximum-prefix 100/)
    })

    test('bgpd killed and started again empty: everything comes back', async () => {
      await using site = await openSite(version)
      const text = service(3, '65001:3', 50)
      await site.edge.apply(text)
      const lost = once(site.edge, 'change')
      await site.frr.kill('bgpd', 'SIGKILL')
      await lost
      // It is gone, or just going.
      await assert.rejects(site.edge.apply(text), /bgpd\.vty (\(ECONNREFUSED\)|broke)/)
      const back = once(site.edge, 'change')
      await site.frr.start('bgpd')
      await back
      // FRR's own start may be loading the file at the same time; the end is the same.
      await eventually(async () => {
        await site.edge.apply(text)
        await assertRuns(site.edge, text)
        assert.deepEqual(await site.edge.apply(text), { kind: 'unchanged' })
      })
    })

    test('a service arrives, and a change of class withdraws nothing', async () => {
      await using site = await openSite(version)
      const router = site.net.netns('r1')
      await using witness = await startWitness({ netns: router, asn: 64513 })
      const peer = '192.0.2.11'
      const communities = (): string[] => [
        ...new Set([...witness.table(peer).values()].map((route) => route.communities.join(' '))),
      ]
      // The witness has no BFD, and FRR 10.3 may wait for it: who starts the session then is not in this test.
      const announced = (...given: Parameters<typeof service>) =>
        service(...given).replaceAll(/^ neighbor \S+ bfd.*\n/gm, '')
      await site.edge.apply(announced(1, '65001:1', 20))
      await eventually(() => assert.equal(witness.table(peer).size, 20), 30_000)
      assert.deepEqual(communities(), ['65001:1'])

      const moved = await site.edge.apply(announced(2, '65001:2', 20))
      assert.ok(moved.kind === 'applied')
      assert.deepEqual(moved.resets, [])
      await eventually(() => assert.deepEqual(communities(), ['65001:2']), 30_000)

      await site.edge.apply(announced(2, '65001:9', 20))
      await eventually(() => assert.deepEqual(communities(), ['65001:9']), 30_000)

      await site.edge.apply(announced(2, '65001:9', 21))
      await eventually(() => assert.equal(witness.table(peer).size, 21), 30_000)
      for (const event of witness.events) {
        assert.notEqual(event.event, 'closed')
        if (event.event === 'update') assert.deepEqual(event.withdrawn, [])
      }
    })

    test('vtysh finds what the grammar finds, with the line', async () => {
      await using site = await openSite(version)
      const vtysh = openVtysh(
        site.root
          ? { runDir: '/var/run/frr', root: site.root }
          : { runDir: site.frr.runDir, configDir: site.configDir },
      )
      assert.deepEqual(await vtysh.checkSyntax(service(1, '65001:1', 1)), [])
      const problems = await vtysh.checkSyntax('router bgp 64512\n nonsense\n')
      assert.equal(problems[0]?.line, 2)
      assert.match(problems[0]?.text ?? '', /nonsense/)
      if (!site.root) assert.match(await vtysh.show('show version'), /FRRouting/)
    })
  })
}

/** A neighbour nobody declared: the grammar takes it (as a peer group), bgpd does not. */
function breakInTheMiddle(text: string): string {
  const asn = /router bgp (\d+)/.exec(text)?.[1] ?? '64512'
  return `${text}
router bgp ${asn}
 address-family ipv4 unicast
  neighbor 192.0.2.300 activate
`
}

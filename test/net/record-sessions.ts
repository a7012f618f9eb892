// Records what a real FRR answers to the questions of `src/frr/observer.ts`, for its unit tests: sessions
// of every sort, up and not. `node test/net/record-sessions.ts [ROOT]`; ROOT is where an FRR is unpacked
// that is not the machine's own. Writes `fixtures/sessions/frr-VERSION.json`.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Frr, startFrr } from '../../src/lab/frr.ts'
import { openNet, uniquePrefix } from '../../src/lab/netns.ts'
import { until } from '../../src/lab/until.ts'

const NODE = `\
router bgp 64512
 bgp router-id 10.9.0.1
 no bgp ebgp-requires-policy
 no bgp network import-check
 no bgp default ipv4-unicast
 neighbor 10.9.0.2 remote-as 64513
 neighbor 10.9.0.2 timers connect 1
 neighbor 10.9.0.2 bfd
 neighbor 10.9.0.3 remote-as 64513
 neighbor 10.9.0.3 shutdown
 neighbor 10.9.0.99 remote-as 64513
 neighbor 10.9.0.99 bfd
 neighbor 2001:db8:9::2 remote-as 64513
 neighbor 2001:db8:9::2 timers connect 1
 neighbor eth1 interface remote-as external
 neighbor eth1 timers connect 1
 address-family ipv4 unicast
  network 192.0.2.1/32
  network 192.0.2.2/32
  neighbor 10.9.0.2 activate
  neighbor 10.9.0.3 activate
  neighbor 10.9.0.99 activate
  neighbor eth1 activate
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8:1::1/128
  neighbor 2001:db8:9::2 activate
  neighbor eth1 activate
 exit-address-family
exit
router bgp 64512 vrf red
 bgp router-id 10.9.0.1
 no bgp ebgp-requires-policy
 neighbor 10.8.0.2 remote-as 64513
exit
`
const ROUTER = `\
router bgp 64513
 bgp router-id 10.9.0.2
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 neighbor 10.9.0.1 remote-as 64512
 neighbor 10.9.0.1 bfd
 neighbor 2001:db8:9::1 remote-as 64512
 neighbor eth1 interface remote-as external
 neighbor eth1 timers connect 1
 address-family ipv4 unicast
  neighbor 10.9.0.1 activate
  neighbor eth1 activate
 exit-address-family
 address-family ipv6 unicast
  neighbor 2001:db8:9::1 activate
  neighbor eth1 activate
 exit-address-family
exit
`
const QUESTIONS = [
  'show bgp vrf all summary json',
  'show bgp vrf all neighbors json',
  'show bfd peers json',
  'show bfd peers counters json',
  'show bgp ipv4 unicast neighbors 10.9.0.2 advertised-routes json',
  'show bgp ipv4 unicast neighbors eth1 advertised-routes json',
  'show bgp ipv6 unicast neighbors 2001:db8:9::2 advertised-routes json',
  'show bgp ipv4 unicast neighbors 10.9.0.99 advertised-routes json',
]
const TEXTS = ['show bgp vrfs', 'show bfd peers brief']
/** Long, and nobody reads it. */
const LEFT_OUT = new Set(['neighborCapabilities', 'gracefulRestartInfo'])

await record(process.argv[2])

async function record(root: string | undefined): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-record-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  await using net = await openNet(uniquePrefix('rec'))
  const [node, router] = [await net.addNetns('node'), await net.addNetns('router')]
  const link = (ifname: string, own: string[], theirs: string[]) =>
    net.link({ netns: node, ifname, addresses: own }, { netns: router, ifname, addresses: theirs })
  await link('eth0', ['10.9.0.1/24', '2001:db8:9::1/64'], ['10.9.0.2/24', '2001:db8:9::2/64'])
  await link('eth1', [], [])
  const own = root ? { root } : {}
  const place = { ...own, dir: join(dir, 'router'), netns: router, config: ROUTER }
  await using far = await startFrr({ ...place, listen: true })
  await using frr = await startFrr({ ...own, dir: join(dir, 'node'), netns: node, config: NODE })
  await settled(frr)
  // One session has a past.
  await far.vtysh('clear bgp 10.9.0.1')
  await settled(frr)
  const file = join(import.meta.dirname, `fixtures/sessions/frr-${frr.version}.json`)
  await writeFile(file, `${JSON.stringify(await answersOf(frr), undefined, 1)}\n`)
  process.stdout.write(`${file}\n`)
}

async function answersOf(frr: Frr): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = { version: frr.version }
  for (const question of QUESTIONS) {
    const text = await frr.vtysh(question)
    answers[question] = JSON.parse(text, (key, value) => (LEFT_OUT.has(key) ? undefined : value))
  }
  for (const question of TEXTS) answers[question] = await frr.vtysh(question)
  return answers
}

interface Peers {
  readonly [family: string]: { readonly peers?: Record<string, { readonly pfxSnt: number }> }
}

async function settled(frr: Frr): Promise<void> {
  await until('every session that can come up has sent all', async () => {
    const families = Object.values(await frr.show<Peers>('show bgp summary'))
    const sent = families.flatMap(({ peers = {} }) =>
      Object.entries(peers).flatMap(([name, { pfxSnt }]) => (pfxSnt > 0 ? [name] : [])),
    )
    const bfd = await frr.show<{ peer: string; status: string }[]>('show bfd peers')
    const isWatched = bfd.some(({ peer, status }) => peer === '10.9.0.2' && status === 'up')
    const missing = ['10.9.0.2', '2001:db8:9::2', 'eth1'].filter((name) => !sent.includes(name))
    return missing.length === 0 && isWatched
  })
}

// A node and a router that watch each other by BFD: the node with FRR as our objects configure it, the
// router as its engineer configured it: FRR on the same LAN, or BIRD behind two machines that forward.
// The LAN can be cut without either side losing its carrier.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBird } from '../../../src/lab/bird.ts'
import { type Frr, startFrr } from '../../../src/lab/frr.ts'
import { type Lan, type Net, type Netns, openNet, uniquePrefix } from '../../../src/lab/netns.ts'
import { worldOfFiles } from '../../support/world-of-files.ts'
import { assertThere, type FrrVersion } from './frr-versions.ts'
import { Node, planOf } from './node.ts'

export const NODE = '192.0.2.11'
const ROUTER = '192.0.2.1'
/** Behind two machines that forward. */
const FAR_ROUTER = '198.51.100.1'

/** Fields of a BFDProfile. */
export type Profile = Readonly<Record<string, unknown>>

interface BfdPeer {
  readonly status: string
  readonly multihop: boolean
  readonly 'passive-mode'?: boolean
  readonly 'minimum-ttl'?: number
  readonly diagnostic?: string
}

interface BfdCounters {
  readonly 'control-packet-output': number
  readonly 'echo-packet-input': number
  readonly 'echo-packet-output': number
}

interface Neighbor {
  readonly bgpState: string
  /** In FRR's words, of the last NOTIFICATION of either side. */
  readonly lastNotificationReason?: string
  readonly bgpTimerUpMsec?: number
  /** What bgpd was told by bfdd: only after an "Up" does it listen to a "Down". */
  readonly peerBfdInfo?: { readonly status: string }
}

interface Parts {
  readonly stack: AsyncDisposableStack
  readonly node: Node
  /** BIRD is not asked for anything. */
  readonly router?: Frr
  readonly multihop: boolean
  readonly lan: Lan
  readonly routerNetns: Netns
  readonly objectsDir: string
}

export class BfdSite implements AsyncDisposable {
  readonly node: Node
  readonly #parts: Parts

  static async open(version: FrrVersion, { multihop = false } = {}): Promise<BfdSite> {
    assertThere(version)
    await using stack = new AsyncDisposableStack()
    const dir = await mkdtemp(join(tmpdir(), 'ferrule-bfd-'))
    stack.defer(() => rm(dir, { recursive: true, force: true }))
    const net = stack.use(await openNet(uniquePrefix('bfd')))
    const netns = await net.addNetns('n1')
    // Echo packets are sent back by the router's kernel, which forwards as every router's does.
    const routerNetns = await net.addNetns('r1', { forwarding: true })
    const lan = await (multihop ? farApart : sideBySide)(net, netns, routerNetns)
    const { root } = version
    const node = stack.use(await Node.open({ netns, dir: join(dir, 'node'), root }))
    const objectsDir = join(dir, 'objects')
    await mkdir(objectsDir)
    const place = { netns: routerNetns, dir: join(dir, 'router') }
    const shared = { node, multihop, lan, routerNetns, objectsDir }
    if (multihop) {
      stack.use(await startBird({ ...place, config: BIRD }))
      return new BfdSite({ ...shared, stack: stack.move() })
    }
    const own = { ...place, config: FRR, listen: true, ...(root ? { root } : {}) }
    const router = stack.use(await startFrr(own))
    return new BfdSite({ ...shared, router, stack: stack.move() })
  }

  private constructor(parts: Parts) {
    this.node = parts.node
    this.#parts = parts
  }

  get neighbor(): string {
    return this.#parts.multihop ? FAR_ROUTER : ROUTER
  }

  /** The objects on the node; on a router with FRR, these lines in its profile. */
  async apply(profile: Profile, lines: readonly string[] = []): Promise<void> {
    const { router, objectsDir } = this.#parts
    if (lines.length > 0) {
      await router!.vtysh('configure terminal', 'bfd', 'profile peer', ...lines)
    }
    await writeFile(join(objectsDir, 'objects.yaml'), this.#objects(profile))
    await this.node.apply(planOf(worldOfFiles(objectsDir)))
  }

  /** Packets stop; neither side loses its carrier. */
  cut = () => this.#parts.lan.cut(this.#parts.routerNetns)
  heal = () => this.#parts.lan.heal(this.#parts.routerNetns)

  async bfd(): Promise<BfdPeer | undefined> {
    const peers = await this.node.frr.show<(BfdPeer & { peer: string })[]>('show bfd peers')
    return peers.find(({ peer }) => peer === this.neighbor)
  }

  /**
   * Up, and for longer than a second: in the first one FRR 10.3 does not act on what BFD says, and the
   * session would wait for the hold timer.
   */
  async isWatched(): Promise<boolean> {
    const { bgpState, bgpTimerUpMsec = 0, peerBfdInfo } = (await this.bgp()) ?? {}
    return bgpState === 'Established' && bgpTimerUpMsec >= 2000 && peerBfdInfo?.status === 'Up'
  }

  async counters(): Promise<BfdCounters | undefined> {
    const peers =
      await this.node.frr.show<(BfdCounters & { peer: string })[]>('show bfd peers counters')
    return peers.find(({ peer }) => peer === this.neighbor)
  }

  async bgp(): Promise<Neighbor | undefined> {
    const all = await this.node.frr.show<Record<string, Neighbor>>('show bgp neighbors')
    return all[this.neighbor]
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.stack.disposeAsync()
  }

  #objects(profile: Profile): string {
    const { multihop } = this.#parts
    const spec = {
      ...{ myASN: 64513, peerASN: 64512, peerAddress: this.neighbor, bfdProfile: 'watch' },
      // So long that within a test only BFD can end a session.
      ...{ holdTime: '90s', keepaliveTime: '30s', connectTime: '1s', ebgpMultiHop: multihop },
    }
    const object = (apiVersion: string, kind: string, name: string, body: unknown) =>
      JSON.stringify({ apiVersion, kind, metadata: { name }, spec: body })
    return [
      object('metallb.io/v1beta1', 'BFDProfile', 'watch', profile),
      object('metallb.io/v1beta2', 'BGPPeer', 'router', spec),
    ].join('\n---\n')
  }
}

async function sideBySide(net: Net, node: Netns, router: Netns): Promise<Lan> {
  const lan = await net.addLan('rack')
  await net.attach(lan, node, { ifname: 'eth0', addresses: [`${NODE}/24`] })
  await net.attach(lan, router, { ifname: 'eth0', addresses: [`${ROUTER}/24`] })
  return lan
}

/** Two machines forward: what arrives has been sent with TTL 255 and has 253. */
async function farApart(net: Net, node: Netns, router: Netns): Promise<Lan> {
  const [near, far] = [await forwarder(net, 'h1'), await forwarder(net, 'h2')]
  const lan = await net.addLan('core')
  const end = (netns: Netns, ifname: string, address: string) => ({
    ...{ netns, ifname },
    addresses: [address],
  })
  await net.link(end(node, 'eth0', `${NODE}/24`), end(near, 'eth0', '192.0.2.2/24'))
  await net.link(end(near, 'eth1', '203.0.113.1/24'), end(far, 'eth0', '203.0.113.2/24'))
  await net.attach(lan, far, { ifname: 'eth1', addresses: ['198.51.100.2/24'] })
  await net.attach(lan, router, { ifname: 'eth0', addresses: [`${FAR_ROUTER}/24`] })
  await node.addRoute('default', '192.0.2.2')
  await near.addRoute('198.51.100.0/24', '203.0.113.2')
  await far.addRoute('192.0.2.0/24', '203.0.113.1')
  await router.addRoute('default', '198.51.100.2')
  return lan
}

const forwarder = (net: Net, name: string) => net.addNetns(name, { forwarding: true })

const FRR = `router bgp 64512
 no bgp ebgp-requires-policy
 neighbor ${NODE} remote-as 64513
 neighbor ${NODE} timers 30 90
 neighbor ${NODE} timers connect 1
 neighbor ${NODE} bfd
 neighbor ${NODE} bfd profile peer
exit
bfd
 profile peer
 exit
exit
`

const BIRD = `router id ${FAR_ROUTER};
protocol device {}
protocol kernel { learn; ipv4 { import all; export none; }; }
protocol bfd { multihop { interval 100 ms; multiplier 3; }; }
protocol bgp node {
  local ${FAR_ROUTER} as 64512;
  neighbor ${NODE} as 64513;
  multihop;
  bfd on;
  connect delay time 1;
  connect retry time 1;
  error wait time 1, 2;
  ipv4 { import all; export none; };
}
`

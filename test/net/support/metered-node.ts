// A node whose speaker is asked for its metrics, and the router at the other end: one session over IPv4
// with BFD, one over IPv6, an unnumbered one with BFD, and a peer that is not there. The speaker's role runs
// in the test's own process, over sockets of a real FRR.
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import pino from 'pino'
import { SpeakerRole } from '../../../src/cmd/speaker-role.ts'
import { openFrr } from '../../../src/frr/apply.ts'
import { Observer } from '../../../src/frr/observer.ts'
import { openFolder } from '../../../src/kube/folder.ts'
import { type Frr, startFrr } from '../../../src/lab/frr.ts'
import type { Lan, Net, Netns } from '../../../src/lab/netns.ts'
import { Metrics } from '../../../src/metrics/record.ts'
import { bfdProfile, bgpAd, node, peer, pool, service, slice, world } from '../../support/build.ts'
import { FakeLayer2 } from '../../support/start-speaker.ts'

export const IPV4 = '192.0.2.1'
export const IPV6 = '2001:db8::1'
export const UNNUMBERED = 'eth1'
export const ABSENT = '192.0.2.99'
export const PEERS = [IPV4, IPV6, UNNUMBERED]

const OBJECTS = [
  ...[pool('p', ['198.51.100.0/24', '2001:db8:1::/120']), bgpAd('all'), node('n1')],
  bfdProfile('fast', { receiveInterval: 100, transmitInterval: 100, detectMultiplier: 3 }),
  peer('v4', { peerAddress: IPV4, bfdProfile: 'fast', connectTime: '1s' }),
  peer('v6', { peerAddress: IPV6, connectTime: '1s' }),
  peer('unnumbered', { interface: UNNUMBERED, bfdProfile: 'fast', connectTime: '1s' }),
  peer('absent', { peerAddress: ABSENT, bfdProfile: 'fast' }),
  ...['web', 'api'].flatMap((name, at) => [
    service(name, { clusterIP: '10.96.0.1' }, { ips: [`198.51.100.${at + 1}`] }),
    slice(name, [{ nodeName: 'n1', addresses: ['10.1.0.1'] }]),
  ]),
]

const ROUTER = `
router bgp 64501
 bgp router-id ${IPV4}
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 neighbor 192.0.2.11 remote-as 64500
 neighbor 192.0.2.11 timers connect 1
 neighbor 192.0.2.11 bfd
 neighbor 2001:db8::11 remote-as 64500
 neighbor 2001:db8::11 timers connect 1
 neighbor ${UNNUMBERED} interface remote-as 64500
 neighbor ${UNNUMBERED} timers connect 1
 neighbor ${UNNUMBERED} bfd
 address-family ipv4 unicast
  neighbor 192.0.2.11 activate
  neighbor ${UNNUMBERED} activate
 exit-address-family
 address-family ipv6 unicast
  neighbor 2001:db8::11 activate
 exit-address-family
exit
`

export interface MeteredOptions {
  readonly net: Net
  readonly dir: string
  readonly root?: string | undefined
}

export class MeteredNode implements AsyncDisposable {
  readonly frr: Frr
  readonly metrics: Metrics
  /** One more pass of the speaker, over the same world. */
  readonly pass: () => Promise<void>
  readonly #cable: Parts['cable']
  readonly #stack: AsyncDisposableStack

  static async open({ net, dir, root }: MeteredOptions): Promise<MeteredNode> {
    await using stack = new AsyncDisposableStack()
    const [own, router] = [await net.addNetns('node'), await net.addNetns('router')]
    const lan = await net.addLan('lan')
    const near = ['192.0.2.11/24', '2001:db8::11/64']
    await net.attach(lan, own, { ifname: 'eth0', addresses: near })
    await net.attach(lan, router, { ifname: 'eth0', addresses: [`${IPV4}/24`, `${IPV6}/64`] })
    await net.link({ netns: own, ifname: UNNUMBERED }, { netns: router, ifname: UNNUMBERED })
    const place = root ? { root } : {}
    const far = { netns: router, dir: join(dir, 'router'), config: ROUTER, listen: true, ...place }
    stack.use(await startFrr(far))
    const frr = stack.use(await startFrr({ netns: own, dir: join(dir, 'node'), ...place }))
    const speaker = await speakerOf(frr, dir, stack)
    return new MeteredNode({ frr, ...speaker, cable: { lan, router } }, stack.move())
  }

  private constructor({ frr, metrics, pass, cable }: Parts, stack: AsyncDisposableStack) {
    this.frr = frr
    this.metrics = metrics
    this.pass = pass
    this.#cable = cable
    this.#stack = stack
  }

  /** The carrier stays: whoever talks to the router over addresses has to find out. */
  cut = () => this.#cable.lan.cut(this.#cable.router)
  heal = () => this.#cable.lan.heal(this.#cable.router)

  /** `metallb_bgp_session_up{peer="…",vrf="default"}` → its value. */
  async scrape(): Promise<ReadonlyMap<string, number>> {
    const lines = (await this.metrics.text()).split('\n').filter((line) => /^\w/.test(line))
    return new Map(
      lines.map((line) => {
        const at = line.lastIndexOf(' ')
        return [line.slice(0, at), Number(line.slice(at + 1))]
      }),
    )
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

interface Speaker {
  readonly metrics: Metrics
  readonly pass: () => Promise<void>
}

interface Parts extends Speaker {
  readonly frr: Frr
  readonly cable: { readonly lan: Lan; readonly router: Netns }
}

/** One pass of the speaker; what sessions do is seen without another one. */
async function speakerOf(frr: Frr, dir: string, stack: AsyncDisposableStack): Promise<Speaker> {
  const log = pino({ level: 'silent' })
  const objects = join(dir, 'objects')
  await mkdir(objects)
  const source = stack.use(
    openFolder({ dir: objects, namespace: 'm', onError: assert.fail, watch: false }),
  )
  const { runDir, configDir } = frr
  const edge = stack.use(await openFrr({ runDir, configDir, log }))
  const observer = stack.use(new Observer({ runDir, log }))
  const metrics = new Metrics({ speaker: true })
  const options = { node: 'n1', namespace: 'm', ignoreExcludeLb: false, logLevel: 'info' }
  const l2 = new FakeLayer2()
  const role = new SpeakerRole(options, { source, frr: edge, observer, l2, log, metrics })
  const given = world(OBJECTS)
  const pass = () => role.pass(given)
  await pass()
  stack.defer(() => role.finish())
  return { metrics, pass }
}

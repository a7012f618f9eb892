// The router of the cluster that is installed into: FRR on the nodes' LAN, what its kernel would do with a
// packet, and when it had sessions.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startFrr } from '../../../src/lab/frr.ts'
import type { Netns } from '../../../src/lab/netns.ts'
import { frrConfig } from '../../../src/lab/router-config.ts'
import type { Network, RouterSpec } from '../../../src/lab/topology.ts'
import { until } from '../../../src/lab/until.ts'
import { addressOf, NODES, type NodeName, ROUTER } from './machines.ts'
import { type SessionChange, sessionChanges } from './router-log.ts'

export const NODE_ASN = 64513
export const POOL = '198.51.100.0/24'

const LOG = 'sessions.log'

const legOf = (address: string) => ({ lan: 'lan', ifname: 'eth0', v4: `${address}/24` })
const SPEC: RouterSpec = {
  ...{ name: 'router', implementation: 'frr', asn: ROUTER.asn, lan: 'lan' },
  legs: [legOf(ROUTER.address)],
}
const NETWORK: Network = {
  name: 'install',
  lans: [{ name: 'lan', v4: '192.0.2.0/24' }],
  routers: [SPEC],
  nodes: NODES.map((name) => ({ name, asn: NODE_ASN, legs: [legOf(addressOf(name))] })),
  peerings: [],
  pools: { v4: POOL },
  prefixMax: 100,
}

interface KernelRoute {
  readonly gateway?: string
  readonly nexthops?: readonly { readonly gateway: string }[]
}

export class FabricRouter implements AsyncDisposable {
  readonly netns: Netns
  readonly #frr: Awaited<ReturnType<typeof startFrr>>

  constructor(netns: Netns, frr: Awaited<ReturnType<typeof startFrr>>) {
    this.netns = netns
    this.#frr = frr
  }

  /** Waits until the kernel would send there by these nodes and no others. */
  async routes(prefix: string, by: readonly NodeName[]): Promise<void> {
    const wanted = by.join()
    let found = ''
    const fits = async () => {
      found = (await this.nodesTo(prefix)).join()
      return found === wanted
    }
    const what = `the router has ${prefix} by ${wanted || 'nobody'}`
    await until(what, fits, { timeoutMs: 120_000 }).catch((cause: unknown) => {
      throw new Error(`the router has ${prefix} by ${found || 'nobody'}`, { cause })
    })
  }

  async nodesTo(prefix: string): Promise<NodeName[]> {
    const text = await this.netns.exec(['ip', '-json', 'route', 'show', prefix])
    const [route] = JSON.parse(text) as KernelRoute[]
    const hops = route?.nexthops ?? (route ? [route] : [])
    return NODES.filter((name) => hops.some(({ gateway }) => gateway === addressOf(name)))
  }

  async vtysh(command: string): Promise<string> {
    return await this.#frr.vtysh(command)
  }

  async sessionChanges(): Promise<SessionChange[]> {
    return sessionChanges(await readFile(join(this.#frr.runDir, LOG), 'utf8'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#frr[Symbol.asyncDispose]()
  }
}

export async function startFabricRouter(netns: Netns, dir: string): Promise<FabricRouter> {
  // One more log: of the one on the command line FRR 8.4 does not take the precision.
  const log = `log file /var/run/frr/${LOG} informational\nlog timestamp precision 3\n`
  const config = log + frrConfig(NETWORK, SPEC)
  return new FabricRouter(netns, await startFrr({ netns, dir, listen: true, config }))
}

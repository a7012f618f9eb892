// Addresses for the Pods of one node that do not share its network: a bridge in the node's namespace, and
// a namespace for each Pod. What a network plugin does; the other nodes reach them by a route.
import assert from 'node:assert/strict'
import { execa } from 'execa'
import type { Docker } from '../../../src/lab/docker.ts'
import { Lan, type Net, type Netns } from '../../../src/lab/netns.ts'
import { startSandbox } from '../../../src/lab/pod-sandbox.ts'

export const POD_NETWORK = '10.244.0.0/16'
/** Of node 1, node 2 and so on. */
export const podSubnet = (node: number): string => `10.244.${node}.0/24`

export interface PodNetworkOptions {
  readonly net: Net
  readonly netns: Netns
  readonly node: number
  readonly docker: Docker
  /** Of the containers that hold the Pods' namespaces open. */
  readonly image: string
}

export interface PodPlace extends AsyncDisposable {
  /** Docker's word for it. */
  readonly network: string
  readonly address: string
}

export class PodNetwork {
  readonly #options: PodNetworkOptions
  readonly #bridge: Lan
  #given = 1

  constructor(options: PodNetworkOptions) {
    this.#options = options
    this.#bridge = new Lan(options.netns, 'pods')
  }

  async open(): Promise<void> {
    await this.#options.netns.ip(
      'link add br0 type bridge forward_delay 0 stp_state 0 mcast_snooping 0',
      `address add ${this.#address(1)}/24 dev br0`,
      'link set br0 up',
    )
  }

  /** No address is given twice. */
  async add(hostname: string): Promise<PodPlace> {
    const { net, node, docker, image } = this.#options
    const number = ++this.#given
    assert(number < 255, 'a node of these tests has no more addresses')
    const name = `p${node}-${number}`
    const sandbox = await startSandbox({ docker, name: `${net.prefix}-${name}`, hostname, image })
    const netns = await net.adoptNetns(name, sandbox.pid)
    const address = this.#address(number)
    await net.attach(this.#bridge, netns, { ifname: 'eth0', addresses: [`${address}/24`] })
    await netns.addRoute('default', this.#address(1))
    return {
      ...{ network: sandbox.network, address },
      [Symbol.asyncDispose]: async () => {
        await sandbox[Symbol.asyncDispose]()
        await execa('ip', ['netns', 'delete', netns.id])
      },
    }
  }

  #address(host: number): string {
    return podSubnet(this.#options.node).replace('0/24', String(host))
  }
}

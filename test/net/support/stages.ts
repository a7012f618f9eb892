// The networks of one FRR version, each built when the first case needs it and kept for the others,
// so that a session lives as long as its parameters do, as on a real node.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Net, openNet, uniquePrefix } from '../../../src/lab/netns.ts'
import type { NetworkName } from './expectation.ts'
import type { FrrVersion } from './frr-versions.ts'
import { buildNetwork, type Network } from './network.ts'
import { Node } from './node.ts'

export interface Stage {
  readonly network: Network
  readonly node: Node
  /** For files of the routers on it. */
  readonly dir: string
}

export class Stages implements AsyncDisposable {
  readonly #version: FrrVersion
  readonly #net: Net
  readonly #dir: string
  readonly #stages = new Map<NetworkName, Promise<Stage>>()

  static async open(version: FrrVersion): Promise<Stages> {
    const dir = await mkdtemp(join(tmpdir(), 'ferrule-net-'))
    return new Stages(version, await openNet(uniquePrefix('net')), dir)
  }

  private constructor(version: FrrVersion, net: Net, dir: string) {
    this.#version = version
    this.#net = net
    this.#dir = dir
  }

  /** One that could not be built stays so: the next case hears the same reason, not a new one. */
  on(name: NetworkName): Promise<Stage> {
    const stage = this.#stages.get(name) ?? this.#build(name)
    this.#stages.set(name, stage)
    return stage
  }

  async #build(name: NetworkName): Promise<Stage> {
    const network = await buildNetwork(this.#net, name)
    const dir = join(this.#dir, name)
    const { root } = this.#version
    const node = await Node.open({ netns: network.node, dir: join(dir, 'node'), root })
    return { network, node, dir }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stage of await Promise.allSettled(this.#stages.values())) {
      if (stage.status === 'fulfilled') await stage.value.node[Symbol.asyncDispose]()
    }
    await this.#net.remove()
    await rm(this.#dir, { recursive: true, force: true })
  }
}

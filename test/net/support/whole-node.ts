// A node as a cluster has it, as processes: FRR in a namespace, a controller and a speaker that read a
// folder, and our own receiver as the neighbour that writes down what it is told, and when.
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Frr, startFrr } from '../../../src/lab/frr.ts'
import type { Net, Netns } from '../../../src/lab/netns.ts'
import { startWitness, type Witness } from '../../../src/lab/witness.ts'
import { eventually } from '../../support/eventually.ts'
import {
  advertisementText,
  type Neighbour,
  nodeText,
  peerText,
  poolText,
  serviceName,
  serviceText,
} from '../../support/many-services.ts'
import { Hearing } from './hearing.ts'
import { Role } from './role-process.ts'

export const NEIGHBOUR: Neighbour = {
  ...{ node: 'n1', nodeAddress: '192.0.2.11', nodeAsn: 64513 },
  ...{ address: '192.0.2.1', asn: 64512 },
}
export const COMMUNITY = '64513:100'

export interface WholeNodeOptions {
  readonly net: Net
  /** Of its namespaces. */
  readonly name: string
  readonly dir: string
  /** Where FRR is unpacked, when it is not the machine's own. */
  readonly root?: string | undefined
}

/** An FRR and its neighbour on a link of their own. */
export interface Pair extends AsyncDisposable {
  readonly netns: Netns
  readonly frr: Frr
  readonly hearing: Hearing
}

export async function openPair({ net, name, dir, root }: WholeNodeOptions): Promise<Pair> {
  const netns = await net.addNetns(`${name}-node`)
  const router = await net.addNetns(`${name}-router`)
  const leg = (address: string) => ({ ifname: 'eth0', addresses: [`${address}/24`] })
  await net.link(
    { netns, ...leg(NEIGHBOUR.nodeAddress) },
    { netns: router, ...leg(NEIGHBOUR.address) },
  )
  const stack = new AsyncDisposableStack()
  try {
    const witness: Witness = await startWitness({ netns: router, asn: NEIGHBOUR.asn })
    stack.use(witness)
    const frr = await startFrr({ netns, dir: join(dir, name), ...(root ? { root } : {}) })
    stack.use(frr)
    const hearing = new Hearing(witness, NEIGHBOUR.nodeAddress)
    return { netns, frr, hearing, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

export class WholeNode implements AsyncDisposable {
  readonly frr: Frr
  readonly hearing: Hearing
  readonly objectsDir: string
  readonly controller: Role
  readonly speaker: Role
  readonly #pair: Pair

  /** Everything but the roles is up: the folder can be filled first. */
  static async open(options: WholeNodeOptions): Promise<WholeNode> {
    const pair = await openPair(options)
    const objectsDir = join(options.dir, `${options.name}-objects`)
    await mkdir(objectsDir, { recursive: true })
    const node = new WholeNode(pair, objectsDir, join(options.dir, options.name))
    await node.write('network.yaml', poolText() + nodeText(NEIGHBOUR))
    await node.write('peer.yaml', peerText(NEIGHBOUR))
    await node.write('advertisement.yaml', advertisementText(COMMUNITY))
    return node
  }

  private constructor(pair: Pair, objectsDir: string, dir: string) {
    const { frr, hearing, netns } = pair
    this.#pair = pair
    this.frr = frr
    this.hearing = hearing
    this.objectsDir = objectsDir
    const shared = { netns, dir }
    this.controller = new Role({
      ...{ ...shared, name: 'controller' },
      args: ['controller', '--objects', objectsDir, '--port', '0'],
    })
    const paths = ['--frr-run-dir', frr.runDir, '--frr-config-dir', frr.configDir]
    this.speaker = new Role({
      ...{ ...shared, name: 'speaker' },
      args: ['speaker', '--objects', objectsDir, '--node-name', NEIGHBOUR.node, ...paths],
    })
  }

  /** Both roles, and the session with the neighbour. `entry`: a bundle instead of the source. */
  async start(entry?: string): Promise<void> {
    await this.controller.start(entry)
    await this.speaker.start(entry)
    await this.hearing.established()
  }

  /** Appears at once as a whole, as with `kubectl apply`. */
  async write(file: string, text: string): Promise<void> {
    const draft = join(this.objectsDir, `.${file}`)
    await writeFile(draft, text)
    await rename(draft, join(this.objectsDir, file))
  }

  async remove(file: string): Promise<void> {
    await rm(join(this.objectsDir, file))
  }

  /** The address that a Service of ours was given, as its status says. */
  async addressOf(service: string): Promise<string> {
    const path = join(this.objectsDir, '.status/Service/shop', `${service}.yaml`)
    return await eventually(async () => {
      const address = /ip: (\S+)/.exec(await readFile(path, 'utf8'))?.[1]
      assert.ok(address, `${service} has no address yet`)
      return address
    })
  }

  /** frr.conf as FRR would read it at its next start. */
  confText(): Promise<string> {
    return readFile(join(this.frr.configDir, 'frr.conf'), 'utf8')
  }

  async statusFiles(): Promise<string[]> {
    const dir = join(this.objectsDir, '.status')
    const found = await readdir(dir, { recursive: true, withFileTypes: true })
    return found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.speaker.end()
    await this.controller.end()
    await this.#pair[Symbol.asyncDispose]()
  }
}

/** One file for each Service, as many small objects of a cluster would be. */
export async function fillWith(node: WholeNode, prefix: string, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const name = serviceName(prefix, at)
    await node.write(`${name}.yaml`, serviceText(name, NEIGHBOUR.node))
  }
}

// A cluster on one machine: an API server, three nodes with an FRR and a speaker each, a controller, and
// a router that writes down what it is told. All of them are processes in network namespaces on one LAN.
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Announced } from '../../../src/lab/bgp-update.ts'
import { startFrr } from '../../../src/lab/frr.ts'
import { until } from '../../../src/lab/until.ts'
import { startWitness, type Witness } from '../../../src/lab/witness.ts'
import { Hearing } from '../../net/support/hearing.ts'
import { Role } from '../../net/support/role-process.ts'
import { nodeText } from '../../support/many-services.ts'
import {
  addMachine,
  buildControlPlane,
  type ClusterOptions,
  ControlPlane,
  opened,
  PATIENCE,
  type Parts,
  type Site,
} from './control-plane.ts'
import type { Node } from './node.ts'
import {
  addressOfNode,
  advertisementText,
  NAMES,
  NODE_ASN,
  type NodeName,
  peerText,
  poolText,
  ROUTER,
} from './objects.ts'

export { CONTROL_PLANE, type Shown, skipWithoutCluster } from './control-plane.ts'

/** Everything runs when it returns, and every node has its session with the router. */
export async function openCluster(options: ClusterOptions = {}): Promise<Cluster> {
  return await opened((stack) => build(stack, options))
}

async function build(stack: AsyncDisposableStack, options: ClusterOptions): Promise<Cluster> {
  const { site, parts } = await buildControlPlane(stack, options)
  const router = await addMachine(site, 'router', [`${ROUTER.address}/24`])
  const witness = stack.use(await startWitness({ netns: router, asn: ROUTER.asn }))
  const nodes: Node[] = []
  for (const name of NAMES) nodes.push(await addNode(site, witness, name))
  return new Cluster(parts, nodes)
}

async function addNode(site: Site, witness: Witness, name: NodeName): Promise<Node> {
  const { startOf, stack } = site
  const address = addressOfNode(name)
  const dir = join(site.dir, name)
  await mkdir(dir)
  const netns = await addMachine(site, name, [`${address}/24`])
  const frr = stack.use(await startFrr({ netns, dir }))
  const paths = ['--frr-run-dir', frr.runDir, '--frr-config-dir', frr.configDir]
  const start = await startOf(name)
  const args = [...start.args, '--node-name', name, ...paths]
  const speaker = new Role({ netns, dir, name: 'speaker', ...start, args })
  stack.defer(() => speaker.end())
  return { name, frr, speaker, hearing: new Hearing(witness, address) }
}

export class Cluster extends ControlPlane {
  readonly nodes: readonly Node[]

  constructor(parts: Parts, nodes: readonly Node[]) {
    super(parts)
    this.nodes = nodes
  }

  async start(): Promise<void> {
    await this.install()
    await this.applyWithStatus(NAMES.map((node) => nodeText(neighbourOf(node))).join(''))
    await this.apply(poolText() + advertisementText() + peerText())
    await this.controller.start()
    for (const { speaker } of this.nodes) await speaker.start()
    for (const { hearing } of this.nodes) await hearing.established()
  }

  node(name: NodeName): Node {
    const found = this.nodes.find((node) => node.name === name)
    assert(found, `there is no node ${name}`)
    return found
  }

  /** Waits until the router hears the prefix of these nodes and of no other. */
  async hears(
    prefix: string,
    from: readonly NodeName[],
    fits: (route: Announced) => boolean = () => true,
  ): Promise<void> {
    const heard = () => this.#heard(prefix, fits)
    const what = `${prefix} is heard from ${from.join(', ') || 'nobody'}`
    await until(what, () => heard() === from.join(), PATIENCE).catch((cause: unknown) => {
      throw new Error(`${prefix} is heard from ${heard() || 'nobody'}`, { cause })
    })
  }

  #heard(prefix: string, fits: (route: Announced) => boolean): string {
    const hearing = this.nodes.filter(({ hearing }) => {
      const found = hearing.table.get(prefix)
      return found !== undefined && fits(found.route)
    })
    return hearing.map(({ name }) => name).join()
  }
}

const neighbourOf = (node: NodeName) => ({
  ...{ node, nodeAddress: addressOfNode(node), nodeAsn: NODE_ASN },
  ...ROUTER,
})

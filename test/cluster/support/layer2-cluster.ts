// A cluster that announces on layer 2: three or five nodes with a speaker each, that gossip, and a
// visitor on the same LAN who asks who has an address. FRR runs on the nodes that are named, and on the
// others there is none, for layer 2 must need none.
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startFrr } from '../../../src/lab/frr.ts'
import { macOf } from '../../../src/lab/netns.ts'
import { until } from '../../../src/lab/until.ts'
import { Role } from '../../net/support/role-process.ts'
import { eventually } from '../../support/eventually.ts'
import { nodeText } from '../../support/many-services.ts'
import {
  addMachine,
  buildControlPlane,
  ControlPlane,
  opened,
  PATIENCE,
  type Parts,
  type Site,
} from './control-plane.ts'
import { layer2Text, POOL4, POOL6, podName, podText, VISITOR6 } from './layer2-objects.ts'
import type { Layer2Node } from './node.ts'
import { addressOfNode, NAMES, NODE_ASN, type NodeName, OWN, poolText, ROUTER } from './objects.ts'
import { openVisitor, type Visitor } from './visitor.ts'

const KEY_SECRET = 'memberlist'
const ROUNDS = 5

export interface Layer2ClusterOptions {
  /** Three of them, unless it says otherwise. */
  readonly names?: readonly NodeName[]
  /** Nodes with an FRR. */
  readonly frr?: readonly NodeName[]
  /** Further flags of every speaker. */
  readonly speakerFlags?: readonly string[]
  /** How often the visitor sends to an address. */
  readonly everyMs?: number
}

/** Everything has been started when it returns. */
export async function openLayer2Cluster(
  options: Layer2ClusterOptions = {},
): Promise<Layer2Cluster> {
  return await opened((stack) => build(stack, options))
}

async function build(
  stack: AsyncDisposableStack,
  { names = NAMES, frr = [], speakerFlags = [], everyMs }: Layer2ClusterOptions,
): Promise<Layer2Cluster> {
  const controllerArgs = ['--ml-secret-name', KEY_SECRET]
  const { site, parts } = await buildControlPlane(stack, { controllerArgs })
  const netns = await addMachine(site, 'visitor', [`${ROUTER.address}/24`, `${VISITOR6}/64`])
  const visitor = stack.use(await openVisitor({ netns, ...(everyMs ? { everyMs } : {}) }))
  const keyDir = join(site.dir, 'ml_secret_key')
  await mkdir(keyDir)
  const nodes: Layer2Node[] = []
  for (const name of names) {
    const node = await addNode(site, name, keyDir, frr.includes(name))
    node.speaker.setFlags(...speakerFlags)
    nodes.push(node)
  }
  return new Layer2Cluster(parts, { site, visitor, nodes, keyDir })
}

async function addNode(
  site: Site,
  name: NodeName,
  keyDir: string,
  hasFrr: boolean,
): Promise<Layer2Node> {
  const { startOf, stack } = site
  const address = addressOfNode(name)
  const dir = join(site.dir, name)
  await mkdir(dir)
  const netns = await addMachine(site, name, [`${address}/24`])
  if (hasFrr) stack.use(await startFrr({ netns, dir }))
  else await Promise.all(['run', 'etc'].map((part) => mkdir(join(dir, part))))
  const start = await startOf(name)
  const paths = ['--frr-run-dir', join(dir, 'run'), '--frr-config-dir', join(dir, 'etc')]
  const gossip = ['--ml-bindaddr', address, '--ml-labels', 'app=metallb,component=speaker']
  const own = ['--node-name', name, '--pod-name', podName(name)]
  const args = [...start.args, ...own, ...paths, ...gossip, '--ml-secret-key-path', keyDir]
  const speaker = new Role({ netns, dir, name: 'speaker', ...start, args })
  stack.defer(() => speaker.end())
  return { name, netns, speaker, mac: macOf(netns.name, 'eth0') }
}

interface Layer2Parts {
  readonly site: Site
  readonly visitor: Visitor
  readonly nodes: readonly Layer2Node[]
  readonly keyDir: string
}

export class Layer2Cluster extends ControlPlane {
  readonly visitor: Visitor
  readonly nodes: readonly Layer2Node[]
  readonly #site: Site
  readonly #keyDir: string

  constructor(parts: Parts, { site, visitor, nodes, keyDir }: Layer2Parts) {
    super(parts)
    this.visitor = visitor
    this.nodes = nodes
    this.#site = site
    this.#keyDir = keyDir
  }

  get names(): readonly NodeName[] {
    return this.nodes.map(({ name }) => name)
  }

  node(name: NodeName): Layer2Node {
    const found = this.nodes.find((node) => node.name === name)
    assert(found, `there is no node ${name}`)
    return found
  }

  async start(): Promise<void> {
    await this.install()
    const machine = (node: NodeName) => ({
      ...{ node, nodeAddress: addressOfNode(node), nodeAsn: NODE_ASN },
      ...ROUTER,
    })
    await this.applyWithStatus(this.names.map((node) => nodeText(machine(node))).join(''))
    await this.applyWithStatus(this.names.map(podText).join(''))
    await this.apply(poolText('all', `"${POOL4}", "${POOL6}"`) + layer2Text())
    await this.controller.start()
    await this.#mountKey()
    for (const { speaker } of this.nodes) await speaker.start()
  }

  /** As a kubelet does it: no speaker starts before the Secret is there. */
  async #mountKey(): Promise<void> {
    const key = async () => {
      const path = `/api/v1/namespaces/${OWN}/secrets/${KEY_SECRET}`
      const { data } = await this.client.request<{ data: { secretkey: string } }>({ path })
      return Buffer.from(data.secretkey, 'base64')
    }
    const found = await until('the controller makes the key', key, PATIENCE)
    await writeFile(join(this.#keyDir, 'secretkey'), found, { mode: 0o600 })
  }

  /** A second machine that asks, where the first must not be disturbed. */
  async addVisitor(name: string, address: string): Promise<Visitor> {
    const netns = await addMachine(this.#site, name, [`${address}/24`])
    return this.#site.stack.use(await openVisitor({ netns }))
  }

  plug = (node: NodeName) => this.#site.lan.plug(this.node(node).netns)
  unplug = (node: NodeName) => this.#site.lan.unplug(this.node(node).netns)

  /** Waits until this node answers for the address, and no other does. */
  async answeredBy(address: string, node: NodeName): Promise<void> {
    await eventually(async () => {
      const mark = this.visitor.eyes.mark()
      // A second owner may miss a question, but not each of them.
      for (let round = 0; round < ROUNDS; round++) await this.visitor.reaches(address)
      assert.deepEqual(this.#answering(address, mark), [node], `who answers for ${address}`)
    }, PATIENCE.timeoutMs)
  }

  /**
   * Waits until no node answers for the address. Each of them is then asked for another one, by its own
   * answer to which it has shown that it had its chance: questions are answered in their order.
   */
  async answeredByNobody(address: string, fences: readonly string[]): Promise<void> {
    await eventually(async () => {
      const mark = this.visitor.eyes.mark()
      await this.visitor.asks(address)
      for (const fence of fences) await this.visitor.reaches(fence)
      assert.deepEqual(this.#answering(address, mark), [], `who answers for ${address}`)
    }, PATIENCE.timeoutMs)
  }

  /** Who answered a question, each once. */
  #answering(address: string, mark: number): readonly string[] {
    const answers = this.visitor.eyes
      .since(mark)
      .filter((sight) => sight.kind === 'answer' && sight.address === address)
    return [...new Set(answers.map(({ from }) => this.nameOf(from)))].sort()
  }

  /** By its hardware address; a stranger has none. */
  nameOf(mac: string): string {
    return this.nodes.find((node) => node.mac === mac)?.name ?? mac
  }
}

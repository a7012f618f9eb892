// A cluster on one machine: an API server, three nodes with an FRR and a speaker each, a controller, and
// a router that writes down what it is told. All of them are processes in network namespaces on one LAN.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubeconfigAccess } from '../../../src/kube/access.ts'
import { isStatus } from '../../../src/kube/api-error.ts'
import { type Client, openClient } from '../../../src/kube/client.ts'
import { pathOf, RESOURCES, type ServedKind } from '../../../src/kube/resources.ts'
import type { Announced } from '../../../src/lab/bgp-update.ts'
import { startFrr } from '../../../src/lab/frr.ts'
import { type Lan, type Net, type Netns, openNet, uniquePrefix } from '../../../src/lab/netns.ts'
import { until } from '../../../src/lab/until.ts'
import { startWitness, type Witness } from '../../../src/lab/witness.ts'
import type { Access } from '../../kube/support/access.ts'
import { type ApiServer, startApiServer } from '../../kube/support/api-server.ts'
import { skipWithoutKube } from '../../kube/support/commands.ts'
import { frrVersions, skipOf } from '../../net/support/frr-versions.ts'
import { Hearing } from '../../net/support/hearing.ts'
import { Role, type RoleOptions } from '../../net/support/role-process.ts'
import { nodeText } from '../../support/many-services.ts'
import type { Node } from './node.ts'
import {
  addressOfNode,
  advertisementText,
  NAMES,
  NODE_ASN,
  type NodeName,
  namespaceText,
  OWN,
  peerText,
  poolText,
  ROUTER,
  SHOP,
} from './objects.ts'

const MANIFESTS = join(import.meta.dirname, '../../../manifests')
const ROLES = ['controller', 'speaker'] as const
/** Each does what its manifests let it do, and no more. */
const accountOf = (role: string) => `system:serviceaccount:${OWN}:${role}`
export const CONTROL_PLANE = '192.0.2.100'
/** After an outage a watch waits up to half a minute to try again, and as long for an answer. */
const PATIENCE = { timeoutMs: 120_000, everyMs: 5 }
const LEG = { ifname: 'eth0' }

/** For `suite`: why to skip, or false. In CI nothing is skipped. */
export async function skipWithoutCluster(): Promise<string | false> {
  const [frr] = await frrVersions()
  return (await skipWithoutKube()) || (frr !== undefined && skipOf(frr))
}

/** An object as the API server shows it, as far as a test looks into it. */
export interface Shown {
  readonly metadata: {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly resourceVersion: string
  }
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect in it
  readonly status?: any
}

interface Parts {
  readonly stack: AsyncDisposableStack
  readonly control: Netns
  readonly server: ApiServer
  readonly client: Client
  readonly controller: Role
  readonly nodes: readonly Node[]
}

export interface ClusterOptions {
  /** What starts a role, with how it reaches the API server; if not, node with the source. */
  readonly programOf?: (login: Access, name: 'controller' | NodeName) => Promise<readonly string[]>
}

/** Everything runs when it returns, and every node has its session with the router. */
export async function openCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const stack = new AsyncDisposableStack()
  try {
    const cluster = await build(stack, options)
    await cluster.start()
    return cluster
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function build(stack: AsyncDisposableStack, options: ClusterOptions): Promise<Cluster> {
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-cluster-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const net = stack.use(await openNet(uniquePrefix('cl')))
  const lan = await net.addLan('lan')
  const control = await addMachine(net, lan, 'control', CONTROL_PLANE)
  const router = await addMachine(net, lan, 'router', ROUTER.address)
  const inside = { netns: control, address: CONTROL_PLANE }
  const users = ROLES.map(accountOf)
  const server = stack.use(await startApiServer({ dir: join(dir, 'server'), inside, users }))
  const client = stack.use(openClient(await kubeconfigAccess(server.kubeconfig)))
  const witness = stack.use(await startWitness({ netns: router, asn: ROUTER.asn }))
  const startOf = async (role: (typeof ROLES)[number], name: 'controller' | NodeName) => {
    const login = await server.access(accountOf(role), 'inside')
    const program = await options.programOf?.(login, name)
    const access = program ? [] : ['--kubeconfig', login.kubeconfig]
    const args = [role, ...access, '--port', '0']
    return { args, ...(program ? { program } : {}) }
  }
  const startOfSpeaker = (name: NodeName) => startOf('speaker', name)
  const site: Site = { net, lan, dir, witness, startOf: startOfSpeaker, stack }
  const nodes: Node[] = []
  for (const name of NAMES) nodes.push(await addNode(site, name))
  const start = await startOf('controller', 'controller')
  const controller = new Role({ netns: control, dir, name: 'controller', ...start })
  stack.defer(() => controller.end())
  return new Cluster({ stack, control, server, client, controller, nodes })
}

type Start = Pick<RoleOptions, 'args' | 'program'>

interface Site {
  readonly net: Net
  readonly lan: Lan
  readonly dir: string
  readonly witness: Witness
  readonly startOf: (name: NodeName) => Promise<Start>
  readonly stack: AsyncDisposableStack
}

async function addMachine(net: Net, lan: Lan, name: string, address: string): Promise<Netns> {
  const netns = await net.addNetns(name)
  await net.attach(lan, netns, { ...LEG, addresses: [`${address}/24`] })
  return netns
}

async function addNode(site: Site, name: NodeName): Promise<Node> {
  const { net, lan, witness, startOf, stack } = site
  const address = addressOfNode(name)
  const dir = join(site.dir, name)
  await mkdir(dir)
  const netns = await addMachine(net, lan, name, address)
  const frr = stack.use(await startFrr({ netns, dir }))
  const paths = ['--frr-run-dir', frr.runDir, '--frr-config-dir', frr.configDir]
  const start = await startOf(name)
  const args = [...start.args, '--node-name', name, ...paths]
  const speaker = new Role({ netns, dir, name: 'speaker', ...start, args })
  stack.defer(() => speaker.end())
  return { name, frr, speaker, hearing: new Hearing(witness, address) }
}

export class Cluster implements AsyncDisposable {
  /** Where the API server runs, and the controller beside it. */
  readonly control: Netns
  readonly server: ApiServer
  readonly client: Client
  readonly controller: Role
  readonly nodes: readonly Node[]
  readonly #stack: AsyncDisposableStack

  constructor({ stack, control, server, client, controller, nodes }: Parts) {
    this.control = control
    this.#stack = stack
    this.server = server
    this.client = client
    this.controller = controller
    this.nodes = nodes
  }

  async start(): Promise<void> {
    await this.#install()
    const nodes = NAMES.map((node) => nodeText(neighbourOf(node))).join('')
    await this.apply(nodes)
    await this.server.apply(nodes, '--subresource=status')
    await this.apply(poolText() + advertisementText() + peerText())
    await this.controller.start()
    for (const { speaker } of this.nodes) await speaker.start()
    for (const { hearing } of this.nodes) await hearing.established()
  }

  /** As manifests/ say it, but for the webhook, which nobody would answer here. Their Pods are our roles. */
  async #install(): Promise<void> {
    const { server } = this
    const applied = (...what: string[]) => server.kubectl('apply', '--server-side', ...what)
    await applied('-f', join(MANIFESTS, 'namespace.yaml'), '-f', join(MANIFESTS, 'crds'))
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
    for (const role of ROLES) await applied('-k', join(MANIFESTS, role))
    await this.apply(namespaceText(SHOP))
  }

  node(name: NodeName): Node {
    const found = this.nodes.find((node) => node.name === name)
    assert(found, `there is no node ${name}`)
    return found
  }

  /** As `kubectl apply` does it. */
  async apply(yaml: string): Promise<void> {
    await this.server.apply(yaml, '--force-conflicts')
  }

  /** As `kubectl delete` does it. */
  async remove(kind: ServedKind, name: string, namespace: string = SHOP): Promise<void> {
    const { plural, apiVersion } = RESOURCES[kind]
    const [group, version] = apiVersion.split('/')
    const resource = version === undefined ? plural : `${plural}.${group}`
    await this.server.kubectl('delete', resource, name, '-n', namespace, '--ignore-not-found')
  }

  /** The object, or nothing when it is not there. */
  async find(kind: ServedKind, name: string, namespace: string = SHOP): Promise<Shown | undefined> {
    const path = pathOf(RESOURCES[kind], { namespace, name })
    return await this.client.request<Shown>({ path }).catch((error: unknown) => {
      if (isStatus(error, 404)) return undefined
      throw error
    })
  }

  /** All of our namespace, sorted by name. */
  async ours(kind: ServedKind): Promise<readonly Shown[]> {
    const path = pathOf(RESOURCES[kind], { namespace: OWN })
    return (await this.client.request<{ items: Shown[] }>({ path })).items
  }

  /** The first address that a Service was given, as its status says. */
  async addressOf(service: string): Promise<string> {
    const given = async (): Promise<string | undefined> =>
      (await this.find('Service', service))?.status?.loadBalancer?.ingress?.[0]?.ip
    return await until(`${service} has an address`, given, PATIENCE)
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

const neighbourOf = (node: NodeName) => ({
  ...{ node, nodeAddress: addressOfNode(node), nodeAsn: NODE_ASN },
  ...ROUTER,
})

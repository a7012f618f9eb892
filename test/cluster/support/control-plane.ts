// What every cluster of the tests has, whatever its nodes are: an API server on a machine of its own in
// a LAN, our manifests in it, a controller beside it, and a user's words to it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubeconfigAccess } from '../../../src/kube/access.ts'
import { isStatus } from '../../../src/kube/api-error.ts'
import { type Client, openClient } from '../../../src/kube/client.ts'
import { pathOf, RESOURCES, type ServedKind } from '../../../src/kube/resources.ts'
import { type Lan, type Net, type Netns, openNet, uniquePrefix } from '../../../src/lab/netns.ts'
import { until } from '../../../src/lab/until.ts'
import type { Access } from '../../kube/support/access.ts'
import { type ApiServer, startApiServer } from '../../kube/support/api-server.ts'
import { skipWithoutKube } from '../../kube/support/commands.ts'
import { frrVersions, skipOf } from '../../net/support/frr-versions.ts'
import { Role, type RoleOptions } from '../../net/support/role-process.ts'
import { type NodeName, namespaceText, OWN, SHOP } from './objects.ts'

const MANIFESTS = join(import.meta.dirname, '../../../manifests')
const ROLES = ['controller', 'speaker'] as const
/** Each does what its manifests let it do, and no more. */
const accountOf = (role: string) => `system:serviceaccount:${OWN}:${role}`
export const CONTROL_PLANE = '192.0.2.100'
/** After an outage a watch waits up to half a minute to try again, and as long for an answer. */
export const PATIENCE = { timeoutMs: 120_000, everyMs: 5 }
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

export interface ClusterOptions {
  /** What starts a role, with how it reaches the API server; if not, node with the source. */
  readonly programOf?: (login: Access, name: 'controller' | NodeName) => Promise<readonly string[]>
  /** Further flags of the controller. */
  readonly controllerArgs?: readonly string[]
}

type Start = Pick<RoleOptions, 'args' | 'program'>

/** Where nodes are added. */
export interface Site {
  readonly net: Net
  readonly lan: Lan
  readonly dir: string
  readonly stack: AsyncDisposableStack
  readonly startOf: (name: NodeName) => Promise<Start>
}

export interface Parts {
  readonly stack: AsyncDisposableStack
  readonly control: Netns
  readonly server: ApiServer
  readonly client: Client
  readonly controller: Role
}

/** What `build` made and `start` has started; nothing of it is left when one of them fails. */
export async function opened<T extends { start(): Promise<void> }>(
  build: (stack: AsyncDisposableStack) => Promise<T>,
): Promise<T> {
  const stack = new AsyncDisposableStack()
  try {
    const cluster = await build(stack)
    await cluster.start()
    return cluster
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** The API server runs when it returns; the controller is started by `start`. */
export async function buildControlPlane(
  stack: AsyncDisposableStack,
  { programOf, controllerArgs = [] }: ClusterOptions,
): Promise<{ site: Site; parts: Parts }> {
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-cluster-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const net = stack.use(await openNet(uniquePrefix('cl')))
  const lan = await net.addLan('lan')
  const control = await addMachine({ net, lan }, 'control', [`${CONTROL_PLANE}/24`])
  const inside = { netns: control, address: CONTROL_PLANE }
  const users = ROLES.map(accountOf)
  const server = stack.use(await startApiServer({ dir: join(dir, 'server'), inside, users }))
  const client = stack.use(openClient(await kubeconfigAccess(server.kubeconfig)))
  const startOf = async (role: (typeof ROLES)[number], name: 'controller' | NodeName) => {
    const login = await server.access(accountOf(role), 'inside')
    const program = await programOf?.(login, name)
    const access = program ? [] : ['--kubeconfig', login.kubeconfig]
    const args = [role, ...access, '--port', '0']
    return { args, ...(program ? { program } : {}) }
  }
  const start = await startOf('controller', 'controller')
  const args = [...start.args, ...controllerArgs]
  const controller = new Role({ netns: control, dir, name: 'controller', ...start, args })
  stack.defer(() => controller.end())
  const startOfSpeaker = (name: NodeName) => startOf('speaker', name)
  const site = { net, lan, dir, stack, startOf: startOfSpeaker }
  return { site, parts: { stack, control, server, client, controller } }
}

/** On the LAN, with these addresses. */
export async function addMachine(
  { net, lan }: Pick<Site, 'net' | 'lan'>,
  name: string,
  addresses: readonly string[],
): Promise<Netns> {
  const netns = await net.addNetns(name)
  await net.attach(lan, netns, { ...LEG, addresses })
  return netns
}

export class ControlPlane implements AsyncDisposable {
  /** Where the API server runs, and the controller beside it. */
  readonly control: Netns
  readonly server: ApiServer
  readonly client: Client
  readonly controller: Role
  readonly #stack: AsyncDisposableStack

  constructor({ stack, control, server, client, controller }: Parts) {
    this.control = control
    this.#stack = stack
    this.server = server
    this.client = client
    this.controller = controller
  }

  /** As manifests/ say it, but for the webhook, which nobody would answer here. Their Pods are our roles. */
  async install(): Promise<void> {
    const { server } = this
    const applied = (...what: string[]) => server.kubectl('apply', '--server-side', ...what)
    await applied('-f', join(MANIFESTS, 'namespace.yaml'), '-f', join(MANIFESTS, 'crds'))
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
    for (const role of ROLES) await applied('-k', join(MANIFESTS, role))
    await this.apply(namespaceText(SHOP))
  }

  /** Objects whose status is part of the text: nodes, Pods. */
  async applyWithStatus(yaml: string): Promise<void> {
    await this.apply(yaml)
    await this.server.apply(yaml, '--subresource=status')
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
    return (await this.addressesOf(service))[0]!
  }

  async addressesOf(service: string): Promise<readonly string[]> {
    const given = async (): Promise<readonly string[] | undefined> => {
      const ingress = (await this.find('Service', service))?.status?.loadBalancer?.ingress
      return ingress?.map(({ ip }: { ip: string }) => ip)
    }
    return await until(`${service} has an address`, given, PATIENCE)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

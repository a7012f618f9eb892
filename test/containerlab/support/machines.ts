// The machines of a cluster that runs in containers: nodes that are namespaces held open by a container
// each, with kube-proxy and the kubelet's stand-in, beside an API server on a machine of its own.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { kubeconfigAccess } from '../../../src/kube/access.ts'
import { openClient } from '../../../src/kube/client.ts'
import type { Docker } from '../../../src/lab/docker.ts'
import type { Lan, Net, Netns } from '../../../src/lab/netns.ts'
import { startSandbox } from '../../../src/lab/pod-sandbox.ts'
import type { ApiServer } from '../../kube/support/api-server.ts'
import { commandBeside } from '../../kube/support/commands.ts'
import { Daemon } from '../../kube/support/daemon.ts'
import { type Kubelet, startKubelet } from './kubelet.ts'
import { POD_NETWORK, PodNetwork, podSubnet } from './pod-network.ts'
import { Prober } from './prober.ts'

/** Who they are, in the order of their numbers. */
export const NODES = ['n1', 'n2', 'n3'] as const
export type NodeName = (typeof NODES)[number]
export const CONTROL_PLANE = '192.0.2.100'
/** The nodes' way out, and their neighbour of BGP. */
export const ROUTER = { address: '192.0.2.1', asn: 64512 }
/** Of Service `kubernetes`, the first of the range the API server has. */
const API_SERVICE = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }

export interface Site {
  readonly net: Net
  readonly lan: Lan
  readonly dir: string
  readonly docker: Docker
  /** Any that has `sleep`. */
  readonly image: string
  readonly server: ApiServer
  readonly stack: AsyncDisposableStack
  readonly say: (line: string) => void
}

export interface Machine {
  readonly name: NodeName
  readonly address: string
  readonly netns: Netns
  readonly kubelet: Kubelet
}

export const addressOf = (name: NodeName): string => `192.0.2.1${numberOf(name)}`
const numberOf = (name: NodeName): number => NODES.indexOf(name) + 1

/** To the Pods of every other node, by way of that node. */
export async function routeToPods(netns: Netns, except?: NodeName): Promise<void> {
  for (const name of NODES) {
    if (name !== except) await netns.addRoute(podSubnet(numberOf(name)), addressOf(name))
  }
}

export async function startMachine(site: Site, name: NodeName): Promise<Machine> {
  const { net, lan, docker, image, server, stack, say } = site
  const node = numberOf(name)
  const address = addressOf(name)
  const dir = join(site.dir, name)
  await mkdir(dir)
  const container = `${net.prefix}-${name}`
  const sandbox = stack.use(await startSandbox({ docker, name: container, hostname: name, image }))
  const netns = await net.adoptNetns(name, sandbox.pid, { forwarding: true })
  await net.attach(lan, netns, { ifname: 'eth0', addresses: [`${address}/24`] })
  // Without one even an address that kube-proxy would translate is out of reach.
  await netns.addRoute('default', ROUTER.address)
  await routeToPods(netns, name)
  const podNetwork = new PodNetwork({ net, netns, node, docker, image })
  await podNetwork.open()
  stack.use(await startProxy(site, { name, netns, dir }))
  const client = stack.use(openClient(await kubeconfigAccess((await server.access()).kubeconfig)))
  const prober = stack.use(new Prober(netns))
  const host = {
    ...{ name, address, network: sandbox.network, podNetwork, docker, client, prober, say },
    ...{ dir: join(dir, 'pods'), prefix: net.prefix, env: API_SERVICE },
  }
  return { name, address, netns, kubelet: stack.use(await startKubelet(host)) }
}

/** A real kube-proxy: without one no Pod reaches the API server, and no Service its Pods. */
async function startProxy(
  { server }: Site,
  { name, netns, dir }: { readonly name: NodeName; readonly netns: Netns; readonly dir: string },
): Promise<AsyncDisposable> {
  const program = await commandBeside('kube-proxy', (line) => process.stderr.write(`${line}\n`))
  const { kubeconfig } = await server.access(undefined, 'inside')
  const argv = [
    program,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${name}`,
    ...PROXY_FLAGS,
  ]
  const proxy = new Daemon({ name: 'kube-proxy', dir, argv, netns })
  const knowsApiServer = async () => {
    const rules = await netns.exec(['iptables', '-t', 'nat', '-S', 'KUBE-SERVICES'])
    return rules.includes(`-d ${API_SERVICE.KUBERNETES_SERVICE_HOST}/32`)
  }
  await proxy.start(knowsApiServer)
  return { [Symbol.asyncDispose]: () => proxy.stop('SIGKILL') }
}

const PROXY_FLAGS = [
  '--proxy-mode=iptables',
  `--cluster-cidr=${POD_NETWORK}`,
  // The machine's own, not the namespace's: left as they are.
  ...['--conntrack-max-per-core=0', '--conntrack-tcp-timeout-established=0s'],
  '--conntrack-tcp-timeout-close-wait=0s',
  '--iptables-localhost-nodeports=false',
  // Changes of endpoints count at once, as far as iptables lets them.
  '--iptables-min-sync-period=0s',
]

// An empty cluster for who installs: API server, controllers and scheduler of Kubernetes, three nodes that
// run Pods with Docker, and a router with FRR on their LAN. All of it is real but the kubelet.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Docker, openDocker, whyNoDocker } from '../../../src/lab/docker.ts'
import { ensureImages } from '../../../src/lab/images.ts'
import { type Netns, openNet, uniquePrefix } from '../../../src/lab/netns.ts'
import { anyExists } from '../../../src/lab/packages.ts'
import { isRunning } from '../../../src/lab/process.ts'
import { type ApiServer, startApiServer } from '../../kube/support/api-server.ts'
import { skipWithoutControllers } from '../../kube/support/commands.ts'
import { startControllerManager } from '../../kube/support/controller-manager.ts'
import { addNodes } from '../../kube/support/nodes.ts'
import { startScheduler } from '../../kube/support/scheduler.ts'
import { frrVersions, skipOf } from '../../net/support/frr-versions.ts'
import type { Answer } from './ask.ts'
import { type FabricRouter, startFabricRouter } from './fabric-router.ts'
import {
  addressOf,
  CONTROL_PLANE,
  type Machine,
  NODES,
  ROUTER,
  routeToPods,
  startMachine,
} from './machines.ts'

/** For `suite`: why to skip, or false. In CI nothing is skipped. */
export async function skipWithoutParts(): Promise<string | false> {
  const [frr] = await frrVersions()
  const kube = (await skipWithoutControllers()) || (frr !== undefined && skipOf(frr))
  if (kube) return kube
  const iptables = await anyExists(['/usr/sbin/iptables', '/sbin/iptables'])
  const why =
    (await whyNoDocker()) ?? (iptables ? undefined : 'there is no iptables: run npm run setup')
  return why !== undefined && process.env.CI !== 'true' ? why : false
}

export interface InstalledCluster extends AsyncDisposable {
  readonly server: ApiServer
  readonly router: FabricRouter
  readonly machines: readonly Machine[]
  readonly images: { readonly ferrule: string; readonly frr: string }
  readonly docker: Docker
  /** GET over HTTPS from the control plane's machine. */
  ask(url: string, token?: string): Promise<Answer>
  /** Makes an account that may get /metrics; resolves with a token of it. */
  mayGetMetrics(account: string): Promise<string>
}

/** Nothing is installed when it returns; nodes are there and would run Pods. */
export async function openEmptyCluster(): Promise<InstalledCluster> {
  const stack = new AsyncDisposableStack()
  try {
    return await build(stack)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

const ASK = join(import.meta.dirname, 'ask.ts')

const say = (line: string) => process.stderr.write(`cluster: ${line}\n`)

/** Of containers and namespaces; the process that made them follows. */
const PREFIX = 'install'

/** Containers of runs that were killed; openNet does it for namespaces. */
async function sweep(docker: Docker): Promise<void> {
  const names = (await docker.run(['ps', '--all', '--format', '{{.Names}}'])).split('\n')
  const isLeft = (name: string) => {
    const [, pid] = new RegExp(`^${PREFIX}p(\\d+)x`).exec(name) ?? []
    return pid !== undefined && !isRunning(Number(pid))
  }
  const left = names.filter(isLeft)
  if (left.length > 0) await docker.run(['rm', '--force', ...left])
}

async function build(stack: AsyncDisposableStack): Promise<InstalledCluster> {
  const docker = stack.use(await openDocker(say))
  await sweep(docker)
  const images = await ensureImages(docker, say)
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-install-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const net = stack.use(await openNet(uniquePrefix(PREFIX)))
  const lan = await net.addLan('lan')
  const onLan = async (name: string, address: string): Promise<Netns> => {
    const netns = await net.addNetns(name)
    await net.attach(lan, netns, { ifname: 'eth0', addresses: [`${address}/24`] })
    return netns
  }
  const control = await onLan('control', CONTROL_PLANE)
  await routeToPods(control)
  const inside = { netns: control, address: CONTROL_PLANE }
  const server = stack.use(await startApiServer({ dir: join(dir, 'server'), inside }))
  stack.use(await startControllerManager(server))
  stack.use(await startScheduler(server))
  const routerNetns = await onLan('router', ROUTER.address)
  const router = stack.use(await startFabricRouter(routerNetns, join(dir, 'router')))
  await addNodes(
    server,
    NODES.map((name) => ({ name, address: addressOf(name) })),
  )
  const site = { net, lan, dir, docker, image: images.frr, server, stack, say }
  const machines: Machine[] = []
  for (const name of NODES) machines.push(await startMachine(site, name))
  return {
    ...{ server, router, machines, images },
    docker,
    ask: async (url, token = '') =>
      JSON.parse(await control.exec([process.execPath, ASK, url], { input: token })),
    mayGetMetrics: async (account) => await mayGetMetrics(server, account),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function mayGetMetrics(server: ApiServer, account: string): Promise<string> {
  const name = 'reads-metrics'
  const right = ['--verb=get', '--non-resource-url=/metrics']
  const subject = [`--clusterrole=${name}`, `--serviceaccount=default:${account}`]
  await server.kubectl('create', 'serviceaccount', account)
  await server.kubectl('create', 'clusterrole', name, ...right)
  await server.kubectl('create', 'clusterrolebinding', name, ...subject)
  return (await server.kubectl('create', 'token', account)).trim()
}

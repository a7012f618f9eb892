// A cluster that is moved from MetalLB to us by the commands of a page: three nodes, real controllers and a
// real scheduler, a kubelet on paper; and what has to hold after each step.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { eventually } from '../../support/eventually.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { installed, type Manifest } from '../../support/manifests.ts'
import { METALLB_NAMESPACE as OWN } from '../../support/metallb-installation.ts'
import { ROOT } from '../../support/source.ts'
import { type ApiServer, startApiServer } from './api-server.ts'
import { startControllerManager } from './controller-manager.ts'
import { addNodes } from './nodes.ts'
import { type PageCommands, pageCommands } from './page-commands.ts'
import { type PaperKubelet, startPaperKubelet } from './paper-kubelet.ts'
import { startScheduler } from './scheduler.ts'

export const NODES = ['n1', 'n2', 'n3'] as const
export const PATIENCE_MS = 60_000
const USERS = [
  'guide-bgp-peer/input.yaml',
  'guide-bgp-advertisement/input.yaml',
  'guide-communities/input.yaml',
  'guide-communities/bgp-communities.yaml',
].map((path) => `test/cases/${path}`)
/** Of MetalLB's chart and of everybody else. */
const SPEAKER_LABELS = ['component=speaker', 'app.kubernetes.io/component=speaker']

export type Kind = 'MetalLB' | 'Ferrule'

export interface Pod {
  readonly metadata: { readonly uid: string; readonly deletionTimestamp?: string }
  readonly spec: { readonly nodeName?: string; readonly containers: { readonly image: string }[] }
}

/** MetalLB's are the same kinds; it has no others. */
export const metallbDefinitions = (): Manifest['object'][] =>
  installed()
    .filter(({ kind }) => kind === 'CustomResourceDefinition')
    .filter(({ name }) => !/^(?:addresspools|metallbs|bgpsessionstates)/.test(name))
    .map(({ object }) => object)

export class MovingCluster implements AsyncDisposable {
  readonly folder: ReturnType<typeof temporaryFolder>
  readonly server: ApiServer
  readonly page: PageCommands
  readonly #kubelet: PaperKubelet
  readonly #stack: AsyncDisposableStack

  static async start(path: string): Promise<MovingCluster> {
    await using stack = new AsyncDisposableStack()
    const folder = stack.use(temporaryFolder())
    const server = stack.use(await startApiServer({ dir: folder.path('server') }))
    stack.use(await startControllerManager(server))
    stack.use(await startScheduler(server))
    const watched = { namespace: OWN, alone: SPEAKER_LABELS }
    const kubelet = stack.use(await startPaperKubelet(server, watched))
    const nodes = NODES.map((name, index) => ({ name, address: `192.0.2.${11 + index}` }))
    await addNodes(server, nodes)
    const page = await pageCommands(path, server, folder.dir)
    return new MovingCluster({ folder, server, page, kubelet, stack: stack.move() })
  }

  private constructor(parts: {
    readonly folder: ReturnType<typeof temporaryFolder>
    readonly server: ApiServer
    readonly page: PageCommands
    readonly kubelet: PaperKubelet
    readonly stack: AsyncDisposableStack
  }) {
    this.folder = parts.folder
    this.server = parts.server
    this.page = parts.page
    this.#kubelet = parts.kubelet
    this.#stack = parts.stack
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }

  /** Definitions, namespace, and objects of users: before the webhook stands, which nobody answers here. */
  async prepare(namespace: object): Promise<void> {
    for (const one of [...metallbDefinitions(), namespace]) await this.server.apply(stringify(one))
    await this.server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
    for (const path of USERS) await this.server.kubectl('apply', '-f', join(ROOT, path))
  }

  async get(...what: string[]) {
    return JSON.parse(await this.server.kubectl('get', ...what, '-n', OWN, '-o', 'json'))
  }

  jsonpath(path: string, ...what: string[]): Promise<string> {
    return this.server.kubectl('get', ...what, '-n', OWN, '-o', `jsonpath=${path}`)
  }

  async usersObjects(): Promise<unknown> {
    return (await this.get('bgppeers,bgpadvertisements,ipaddresspools,communities')).items
  }

  async speakers(): Promise<Pod[]> {
    const found: Pod[] = []
    for (const label of SPEAKER_LABELS) found.push(...(await this.get('pods', '-l', label)).items)
    // Ours have both labels.
    const unique = new Map(found.map((pod) => [pod.metadata.uid, pod]))
    const node = ({ spec }: Pod) => spec.nodeName ?? ''
    return [...unique.values()].toSorted((a, b) => node(a).localeCompare(node(b)))
  }

  async uids(): Promise<string[]> {
    return (await this.speakers()).map(({ metadata }) => metadata.uid)
  }

  /** One speaker on each node, of these kinds, and none had a second one beside it. */
  async settled(...kinds: Kind[]): Promise<void> {
    await eventually(async () => {
      assert.deepEqual(
        (await this.speakers()).map((pod) => [
          pod.spec.nodeName,
          kindOf(pod),
          pod.metadata.deletionTimestamp,
        ]),
        NODES.map((node, index) => [node, kinds[index], undefined]),
      )
    }, PATIENCE_MS)
    assert.deepEqual([...this.#kubelet.together], [])
  }

  /** One block of the page, counted from 0 below its heading. */
  async run(section: string, block = 0): Promise<string[]> {
    return await this.page.run(this.page.blocks(section)[block]!, { NODE: 'n1' })
  }

  /** A block that is for each node: its first command moves, the others wait. */
  async moveNode(section: string, block: number, node: string): Promise<void> {
    const [first, ...rest] = this.page.blocks(section)[block]!
    await this.page.run([first!], { NODE: node })
    // "No matching resources found: ask again."
    await eventually(() => this.page.run(rest, { NODE: node }), PATIENCE_MS)
  }

  /** Nothing more is to come of the DaemonSet as it is. */
  async observed(): Promise<void> {
    await eventually(async () => {
      const { metadata, status } = await this.get('daemonset', 'speaker')
      assert.equal(status.observedGeneration, metadata.generation)
      assert.equal(status.updatedNumberScheduled, NODES.length)
    }, PATIENCE_MS)
  }
}

const kindOf = ({ spec }: Pod): Kind =>
  spec.containers.some(({ image }) => image.includes('metallb')) ? 'MetalLB' : 'Ferrule'

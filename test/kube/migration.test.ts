// From MetalLB to us and back, as docs/from-metallb.md tells it, command by command: a real API server
// with its controllers and scheduler, three nodes, MetalLB's objects and Pods that a kubelet on paper
// runs. After every step each node has one speaker, and it never had two.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { stringify } from 'yaml'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { installed, type Manifest } from '../support/manifests.ts'
import { metallbInstallation, metallbMemberlist } from '../support/metallb-installation.ts'
import { ROOT } from '../support/source.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutControllers } from './support/commands.ts'
import { startControllerManager } from './support/controller-manager.ts'
import { addNodes } from './support/nodes.ts'
import { type PageCommands, pageCommands } from './support/page-commands.ts'
import { type PaperKubelet, startPaperKubelet } from './support/paper-kubelet.ts'
import { startScheduler } from './support/scheduler.ts'
import { differences, standing } from './support/standing.ts'

const PAGE = 'docs/from-metallb.md'
const OWN = 'metallb-system'
const NODES = ['n1', 'n2', 'n3'] as const
const PATIENCE_MS = 60_000
const USERS = [
  'guide-bgp-peer/input.yaml',
  'guide-bgp-advertisement/input.yaml',
  'guide-communities/input.yaml',
  'guide-communities/bgp-communities.yaml',
].map((path) => `test/cases/${path}`)
const THEIRS = 'MetalLB'
const OURS = 'Ferrule'
type Kind = typeof THEIRS | typeof OURS

/** MetalLB's are the same kinds; it has no others. */
const definitions = (): Manifest['object'][] =>
  installed()
    .filter(({ kind }) => kind === 'CustomResourceDefinition')
    .filter(({ name }) => !/^(?:addresspools|metallbs|bgpsessionstates)/.test(name))
    .map(({ object }) => object)

interface Pod {
  readonly metadata: { readonly uid: string; readonly deletionTimestamp?: string }
  readonly spec: { readonly nodeName?: string; readonly containers: { readonly image: string }[] }
}

suite('from MetalLB and back', { skip: await skipWithoutControllers() }, () => {
  const folder = temporaryFolder()
  const stack = new AsyncDisposableStack()
  let server: ApiServer
  let page: PageCommands
  let kubelet: PaperKubelet
  let usersBefore: unknown
  let metallbStanding: unknown

  before(async () => {
    server = stack.use(await startApiServer({ dir: folder.path('server') }))
    stack.use(await startControllerManager(server))
    stack.use(await startScheduler(server))
    kubelet = stack.use(
      await startPaperKubelet(server, { namespace: OWN, alone: ['component=speaker'] }),
    )
    await addNodes(
      server,
      NODES.map((name, index) => ({ name, address: `192.0.2.${11 + index}` })),
    )
    page = await pageCommands(PAGE, server, folder.dir)
    await installMetallb()
    usersBefore = await usersObjects()
    metallbStanding = await standing(server, OWN)
    await settled(THEIRS, THEIRS, THEIRS)
  })
  after(async () => {
    await stack.disposeAsync()
    folder[Symbol.dispose]()
  })

  async function installMetallb(): Promise<void> {
    const objects = [...definitions(), ...metallbInstallation()]
    const text = objects.map((one) => `---\n${stringify(one)}`).join('')
    for (const path of ['METALLB.yaml', 'BACK/METALLB.yaml']) folder.write(path, text)
    folder.write('BACK/kustomization.yaml', page.file('kustomization.yaml'))
    for (const one of [...definitions(), metallbInstallation()[0]]) {
      await server.apply(stringify(one))
    }
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
    // Before the webhook is there, which nobody answers here.
    for (const path of USERS) await server.kubectl('apply', '-f', join(ROOT, path))
    await server.kubectl('apply', '-f', folder.path('METALLB.yaml'))
    const uid = await jsonpath('{.metadata.uid}', 'deployment', 'controller')
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'controller', uid }
    const { metadata, ...secret } = metallbMemberlist()
    await server.apply(
      stringify({ ...secret, metadata: { ...metadata, ownerReferences: [owner] } }),
    )
  }

  const getJson = async (...what: string[]) =>
    JSON.parse(await server.kubectl('get', ...what, '-n', OWN, '-o', 'json'))
  const jsonpath = (path: string, ...what: string[]) =>
    server.kubectl('get', ...what, '-n', OWN, '-o', `jsonpath=${path}`)
  const usersObjects = async () =>
    (await getJson('bgppeers,bgpadvertisements,ipaddresspools,communities')).items

  const speakers = async (): Promise<Pod[]> =>
    (await getJson('pods', '-l', 'component=speaker')).items.toSorted((a: Pod, b: Pod) =>
      (a.spec.nodeName ?? '').localeCompare(b.spec.nodeName ?? ''),
    )
  const kindOf = ({ spec }: Pod): Kind =>
    spec.containers.some(({ image }) => image.includes('metallb')) ? THEIRS : OURS

  /** One speaker on each node, of these kinds, and none had a second one beside it. */
  async function settled(...kinds: Kind[]): Promise<void> {
    await eventually(async () => {
      const pods = await speakers()
      assert.deepEqual(
        pods.map((pod) => [pod.spec.nodeName, kindOf(pod), pod.metadata.deletionTimestamp]),
        NODES.map((node, index) => [node, kinds[index], undefined]),
      )
    }, PATIENCE_MS)
    assert.deepEqual([...kubelet.together], [])
  }

  const uids = async () => (await speakers()).map(({ metadata }) => metadata.uid)

  async function moveNode(section: string, block: number, node: string): Promise<void> {
    const [remove, ...rest] = page.blocks(section)[block]!
    await page.run([remove!], { NODE: node })
    // "No matching resources found: ask again."
    await eventually(() => page.run(rest, { NODE: node }), PATIENCE_MS)
  }
  const runBlock = async (section: string, block = 0) =>
    await page.run(page.blocks(section)[block]!, { NODE: 'n1' })

  async function goBack(nodes: readonly string[]): Promise<void> {
    await runBlock('Going back')
    for (const node of nodes) await moveNode('Going back', 1, node)
  }

  /** MetalLB's controllers have seen all, and everything is as they were given it. */
  async function asBefore(): Promise<void> {
    const before = await uids()
    await runBlock('Going back', 2)
    await observed()
    assert.deepEqual(await uids(), before)
    assert.deepEqual(differences(await standing(server, OWN), metallbStanding), [])
  }

  /** Nothing more is to come of the DaemonSet as it is. */
  async function observed(): Promise<void> {
    await eventually(async () => {
      const { metadata, status } = await getJson('daemonset', 'speaker')
      assert.equal(status.observedGeneration, metadata.generation)
      assert.equal(status.updatedNumberScheduled, NODES.length)
    }, PATIENCE_MS)
  }

  async function moved(): Promise<void> {
    assert.deepEqual(await usersObjects(), usersBefore)
    assert.equal(
      await jsonpath('{.data.secretkey}', 'secret', 'memberlist'),
      metallbMemberlist().data.secretkey,
    )
    assert.equal(await jsonpath('{.metadata.ownerReferences}', 'secret', 'memberlist'), '')
  }

  test('before: what is there is understood', async () => {
    const [checked, planned] = await runBlock('Before you start')
    assert.match(checked!, /no problems/)
    assert.match(planned!, /router-primary/)
  })

  test('1: the definitions change, and no object under them', async () => {
    await runBlock('1. The definitions')
    assert.deepEqual(await usersObjects(), usersBefore)
    await settled(THEIRS, THEIRS, THEIRS)
  })

  test('2: one controller after the other, and the key of the gossip outlives the first', async () => {
    await runBlock('2. The controller')
    await runBlock('2. The controller', 1)
    await moved()
    const images = await jsonpath(
      '{.items[*].spec.containers[*].image}',
      'pods',
      '-l',
      'component=controller',
    )
    assert.equal(images, 'ferrule:dev ferrule:dev')
    await settled(THEIRS, THEIRS, THEIRS)
  })

  test('3: the DaemonSet is exchanged under the Pods, which go on', async () => {
    const before = await uids()
    await runBlock('3. The speakers')
    await eventually(async () => {
      const owners = await jsonpath(
        '{.items[*].metadata.ownerReferences[*].uid}',
        'pods',
        '-l',
        'component=speaker',
      )
      const own = await jsonpath('{.metadata.uid}', 'daemonset', 'speaker')
      assert.equal(owners, NODES.map(() => own).join(' '))
    }, PATIENCE_MS)
    assert.deepEqual(await uids(), before)
    await settled(THEIRS, THEIRS, THEIRS)
  })

  test('3: one node changes hands, and nothing happens to the others', async () => {
    const [, second, third] = await uids()
    await moveNode('3. The speakers', 1, 'n1')
    await settled(OURS, THEIRS, THEIRS)
    assert.deepEqual((await uids()).slice(1), [second, third])
    const [listed] = await runBlock('3. The speakers', 2)
    assert.match(listed!, /^n1 +ferrule:dev$/m)
    assert.match(listed!, /^n2 +\S*metallb\S*$/m)
  })

  test('MetalLB’s speakers keep their rights and their token meanwhile', async () => {
    for (const verb of ['list', 'watch', 'create', 'delete', 'update']) {
      const asked = ['auth', 'can-i', verb, 'servicel2statuses.metallb.io', '-A']
      const as = `--as=system:serviceaccount:${OWN}:speaker`
      assert.equal((await server.kubectl(...asked, as)).trim(), 'yes')
    }
    // One of MetalLB's Pods that is made now would have its token, too.
    assert.equal(
      await jsonpath('{.automountServiceAccountToken}', 'serviceaccount', 'speaker'),
      'true',
    )
  })

  test('back from the middle: the node that had changed hands changes back', async () => {
    const before = await uids()
    await goBack(['n1'])
    await settled(THEIRS, THEIRS, THEIRS)
    assert.deepEqual((await uids()).slice(1), before.slice(1))
    await asBefore()
  })

  test('and forth again, the whole way', async () => {
    await runBlock('1. The definitions')
    await runBlock('2. The controller')
    await runBlock('3. The speakers')
    for (const node of NODES) await moveNode('3. The speakers', 1, node)
    await settled(OURS, OURS, OURS)
    const before = await uids()
    await runBlock('4. The plain installation')
    await moved()
    await settled(OURS, OURS, OURS)
    await observed()
    assert.deepEqual(await uids(), before)
  })

  test('what stands now is a plain installation, to the last field', async () => {
    await using fresh = await startApiServer({ dir: folder.path('fresh') })
    await fresh.apply(await fresh.kubectl('kustomize', join(ROOT, 'manifests')))
    assert.deepEqual(differences(await standing(server, OWN), await standing(fresh, OWN)), [])
  })

  test('and back from the end', async () => {
    await goBack(NODES)
    await settled(THEIRS, THEIRS, THEIRS)
    await asBefore()
    assert.deepEqual(await usersObjects(), usersBefore)
  })
})

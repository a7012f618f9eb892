// The operator where MetalLB runs already: what MetalLB's operator made, and what somebody applied from
// its manifests, becomes ours in place, to the last field.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import {
  type MetallbObject,
  metallbInstallation,
  metallbMemberlist,
} from '../support/metallb-installation.ts'
import { skipWithoutControllers } from './support/commands.ts'
import {
  INSTALLATION,
  type OperatedCluster,
  OWN,
  startOperatedCluster,
} from './support/operated-cluster.ts'

const PATIENCE_MS = 60_000
/** Rights and the namespace are there: they come with the operator. */
const BESIDE = /^(?:Namespace|ServiceAccount|(?:Cluster)?Role(?:Binding)?)$/
const HOOKS = 'metallb-webhook-configuration'
const KEYS = { 'tls.key': btoa('a key'), 'tls.crt': btoa('a certificate') }

const workloads = () => metallbInstallation().filter(({ kind }) => !BESIDE.test(kind))
suite('the operator where MetalLB runs', { skip: await skipWithoutControllers() }, () => {
  const folder = temporaryFolder()
  let cluster: OperatedCluster

  before(async () => {
    cluster = await startOperatedCluster(folder.dir)
  })
  after(async () => {
    await cluster?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const apply = async (objects: readonly object[], ...how: string[]) => {
    folder.write('objects.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
    await cluster.server.kubectl('apply', ...how, '-f', folder.path('objects.json'))
  }
  /** As MetalLB's controller does while it runs. */
  const fillIn = async () => {
    const keys = ['secret', 'metallb-webhook-cert', '-n', OWN, '-p', JSON.stringify({ data: KEYS })]
    await cluster.server.kubectl('patch', ...keys, '--field-manager=cert-rotator')
  }
  const rollsOut = async (kind: string, name: string, count: number) =>
    await eventually(async () => {
      const { status } = await cluster.get(kind, name)
      assert.equal(status.numberReady ?? status.readyReplicas, count)
    }, PATIENCE_MS)
  const taken = async () =>
    await eventually(async () => {
      const { status } = await cluster.get('metallb', 'metallb')
      const progressing = status?.conditions?.find(
        ({ type }: { type: string }) => type === 'Progressing',
      )
      assert.equal(progressing?.reason, 'RollingOut')
      const { metadata } = await cluster.get('daemonset', 'speaker')
      assert.equal(metadata.labels['app.kubernetes.io/managed-by'], 'ferrule-operator')
    }, PATIENCE_MS)

  /** In place: the same objects, and nothing in them but what we say. */
  async function isOurs(before: Record<string, { uid: string }>): Promise<void> {
    const daemons = await cluster.get('daemonset', 'speaker')
    const controller = await cluster.get('deployment', 'controller')
    assert.equal(daemons.metadata.uid, before.speaker?.uid)
    assert.equal(controller.metadata.uid, before.controller?.uid)
    const { initContainers, containers, volumes, shareProcessNamespace } =
      daemons.spec.template.spec
    assert.deepEqual(namesIn(initContainers), ['cp-frr-files'])
    assert.deepEqual(namesIn(containers), ['frr', 'speaker'])
    assert.ok(!namesIn(volumes).includes('reloader'), 'no volume of MetalLB is left')
    assert.equal(shareProcessNamespace, undefined)
    const [{ env, image }] = controller.spec.template.spec.containers
    assert.ok(!namesIn(env).includes('METALLB_BGP_TYPE'))
    assert.equal(image, 'registry.example:5000/ferrule:v1')
    assert.deepEqual(
      daemons.metadata.ownerReferences.map(({ kind }: { kind: string }) => kind),
      ['MetalLB'],
    )
    const { webhooks } = await cluster.get('validatingwebhookconfiguration', HOOKS)
    assert.equal(webhooks.length, 7)
    for (const { failurePolicy } of webhooks) assert.equal(failurePolicy, 'Ignore')
    const service = await cluster.get('service', 'metallb-webhook-service')
    assert.deepEqual(service.spec.selector, { app: 'metallb', component: 'controller' })
    assert.deepEqual((await cluster.get('secret', 'metallb-webhook-cert')).data, KEYS)
  }

  const uids = async () => ({
    speaker: (await cluster.get('daemonset', 'speaker')).metadata,
    controller: (await cluster.get('deployment', 'controller')).metadata,
  })
  const eventsOf = async (reason: string): Promise<string> => {
    const { items } = await cluster.get('events', `--field-selector=reason=${reason}`)
    return items.map(({ message }: { message: string }) => message).join('\n')
  }

  test('installed by MetalLB’s operator: taken over', async () => {
    await cluster.server.apply(JSON.stringify(INSTALLATION))
    const { metadata } = await cluster.get('metallb', 'metallb')
    const owner = {
      ...{ apiVersion: 'metallb.io/v1beta1', kind: 'MetalLB', name: 'metallb' },
      ...{ uid: metadata.uid, controller: true, blockOwnerDeletion: true },
    }
    const owned = (object: MetallbObject) =>
      object.metadata.namespace
        ? { ...object, metadata: { ...object.metadata, ownerReferences: [owner] } }
        : object
    const byOperator = ['--server-side', '--field-manager=metallb-operator']
    await apply(workloads().map(owned), ...byOperator)
    await fillIn()
    await rollsOut('daemonset', 'speaker', 3)
    const before = await uids()

    await cluster.start('operator-1')
    await taken()
    await isOurs(before)
    await eventually(async () => {
      assert.match(await eventsOf('Adopted'), /DaemonSet speaker/)
    }, PATIENCE_MS)
    await cluster.server.kubectl('delete', 'metallb', 'metallb', '-n', OWN)
    await eventually(async () => {
      await assert.rejects(cluster.get('daemonset', 'speaker'), /NotFound/)
      await assert.rejects(cluster.get('deployment', 'controller'), /NotFound/)
    }, PATIENCE_MS)
    await cluster.stop('operator-1')
  })

  test('applied by a person from MetalLB’s manifests: taken over', async () => {
    await apply([...workloads(), metallbMemberlist()])
    // What people add beside it is theirs.
    await cluster.server.kubectl('annotate', 'daemonset', 'speaker', '-n', OWN, 'team=network')
    await fillIn()
    await rollsOut('daemonset', 'speaker', 3)
    const before = await uids()
    const key = (await cluster.get('secret', 'memberlist')).data

    await cluster.start('operator-2')
    await cluster.server.apply(JSON.stringify(INSTALLATION))
    await taken()
    await isOurs(before)
    const { metadata } = await cluster.get('daemonset', 'speaker')
    assert.equal(metadata.annotations.team, 'network')
    assert.deepEqual((await cluster.get('secret', 'memberlist')).data, key)
    await eventually(async () => {
      assert.match(await eventsOf('Adopted'), /Deployment controller/)
      const [line] = cluster.log.filter((one) =>
        /"op":"adopt".*DaemonSet\/speaker.*kubectl/.test(one),
      )
      assert.ok(line, 'the log says from whom')
    }, PATIENCE_MS)
  })
})

const namesIn = (list: readonly { readonly name: string }[]): string[] =>
  list.map(({ name }) => name).sort()

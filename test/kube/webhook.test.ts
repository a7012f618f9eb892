// The controller's webhook with the rights that manifests/ give it, asked by a real API server: what
// somebody takes away from its certificate comes back, and admission with it. And the key of the gossip.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { WebhookRunner } from '../../src/cmd/webhook-runner.ts'
import { kubeconfigAccess } from '../../src/kube/access.ts'
import { type Client, openClient } from '../../src/kube/client.ts'
import { openMemberlistSecret } from '../../src/kube/memberlist-secret.ts'
import { openLog } from '../../src/log.ts'
import { configObjects } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { freePort } from '../support/free-port.ts'
import type { Access } from './support/access.ts'
import { create } from './support/admission.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutKube } from './support/commands.ts'

const MANIFESTS = join(import.meta.dirname, '../../manifests')
const NAMESPACE = 'metallb-system'
const CONTROLLER = `system:serviceaccount:${NAMESPACE}:controller`
const CONFIGURATION = 'validatingwebhookconfiguration/metallb-webhook-configuration'
const PEERS = 'crd/bgppeers.metallb.io'
const SECRET = 'secret/metallb-webhook-cert'

/** Only the webhook says no to it. */
const BACKWARDS = {
  apiVersion: 'metallb.io/v1beta1',
  kind: 'IPAddressPool',
  metadata: { name: 'backwards', namespace: NAMESPACE },
  spec: { addresses: ['192.0.2.9-192.0.2.1'] },
}

suite('the webhook of the controller', { skip: await skipWithoutKube() }, () => {
  const folder = temporaryFolder()
  const said: string[] = []
  let server: ApiServer
  let admin: Access
  let client: Client
  let runner: WebhookRunner

  before(async () => {
    server = await startApiServer({ dir: folder.path('server'), users: [CONTROLLER] })
    admin = await server.access()
    await server.apply(await server.kubectl('kustomize', MANIFESTS))
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
    const port = await freePort()
    await leadHere(port)
    const { kubeconfig } = await server.access(CONTROLLER)
    client = openClient(await kubeconfigAccess(kubeconfig))
    runner = new WebhookRunner({
      client,
      settings: {
        ...{ namespace: NAMESPACE, secret: 'metallb-webhook-cert' },
        ...{ dnsName: 'localhost', host: '', port, tls: { minVersion: 'TLSv1.3' } },
      },
      standing: () => ({ objects: configObjects([]) }),
      log: openLog('info', { write: (line) => said.push(line) }),
    })
  })
  after(async () => {
    await runner?.[Symbol.asyncDispose]()
    client?.[Symbol.dispose]()
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** No Pod runs here: it is called by an address of this machine instead of by its Service. */
  async function leadHere(port: number): Promise<void> {
    const at = `https://localhost:${port}`
    const { webhooks } = JSON.parse(await server.kubectl('get', CONFIGURATION, '-o', 'json'))
    type Registered = { clientConfig: { service: { path: string } } }
    const steps = webhooks.flatMap(({ clientConfig }: Registered, index: number) => {
      const value = { url: at + clientConfig.service.path }
      return [
        { op: 'replace', path: `/webhooks/${index}/clientConfig`, value },
        // A test must see that nobody answers.
        { op: 'replace', path: `/webhooks/${index}/failurePolicy`, value: 'Fail' },
      ]
    })
    await patch(CONFIGURATION, steps)
    const path = '/spec/conversion/webhook/clientConfig'
    await patch(PEERS, [{ op: 'replace', path, value: { url: `${at}/convert` } }])
  }

  const patch = (what: string, steps: object[]) =>
    server.kubectl('patch', '-n', NAMESPACE, what, '--type=json', '-p', JSON.stringify(steps))
  const get = (what: string, path: string) =>
    server.kubectl('get', '-n', NAMESPACE, what, '-o', `jsonpath=${path}`)
  const bundlesOf = async (what: string) =>
    new Set((await get(what, '{..clientConfig.caBundle}')).split(' '))
  const authority = async () => await get(SECRET, '{.data.ca\\.crt}')

  /** The API server asks it, and believes it. */
  const asked = async () => {
    const { status, message } = await create(admin, BACKWARDS)
    assert.match(message, /denied the request/)
    assert.equal(status, 403)
  }
  const ready = () => eventually(() => assert.equal(runner.unready(), undefined), 60_000)

  test('installed, it becomes ready and is asked, with the rights of the manifests', async () => {
    await ready()
    await eventually(asked, 60_000)
    assert.doesNotMatch(said.join(''), /"level":"error"/)
  })

  for (const [what, object, path] of [
    ['one webhook', CONFIGURATION, '/webhooks/1/clientConfig/caBundle'],
    ['a conversion', PEERS, '/spec/conversion/webhook/clientConfig/caBundle'],
  ] as const) {
    test(`the authority is blanked for ${what}: it is written again`, async (t) => {
      const at = performance.now()
      await patch(object, [{ op: 'remove', path }])
      await eventually(async () => {
        assert.deepEqual([...(await bundlesOf(object))], [await authority()])
      }, 60_000)
      t.diagnostic(`there again after ${(performance.now() - at).toFixed(0)} ms, kubectl included`)
      await eventually(asked, 60_000)
      await ready()
    })
  }

  test('another authority in its place: ours is written again', async () => {
    const stranger = btoa(admin.authority)
    const path = '/webhooks/0/clientConfig/caBundle'
    await patch(CONFIGURATION, [{ op: 'add', path, value: stranger }])
    await eventually(async () => {
      assert.ok(!(await bundlesOf(CONFIGURATION)).has(stranger))
    }, 60_000)
    await ready()
  })

  test('applying the manifests again takes nothing from it, and what stood is not written', async () => {
    const version = await get(CONFIGURATION, '{.metadata.resourceVersion}')
    await server.kubectl(
      'apply',
      '--server-side',
      '-f',
      join(MANIFESTS, 'webhook/certificate.yaml'),
    )
    assert.notEqual(await authority(), '')
    assert.equal(await get(CONFIGURATION, '{.metadata.resourceVersion}'), version)
  })

  for (const [what, act] of [
    ['emptied', () => server.kubectl('patch', '-n', NAMESPACE, SECRET, '-p', '{"data":null}')],
    ['deleted', () => server.kubectl('delete', '-n', NAMESPACE, SECRET)],
  ] as const) {
    test(`the Secret is ${what}: another authority, and it is asked all the while`, async () => {
      const before = await authority()
      await act()
      await eventually(async () => {
        const now = await authority()
        assert.ok(now !== '' && now !== before)
      }, 60_000)
      const taken = () => said.filter((line) => line.includes('with a new certificate')).length
      const times = taken()
      // Asked again and again until the new certificate serves: trusted before, and trusted after.
      await eventually(async () => {
        await asked()
        assert.ok(taken() > times)
      }, 60_000)
      await asked()
      await ready()
    })
  }

  test('the key of the gossip: made for the Deployment, and made again as it was', async () => {
    const made: string[] = []
    const errors: string[] = []
    await using _secret = openMemberlistSecret({
      ...{ client, fence: { leftMs: () => 1_000 }, namespace: NAMESPACE, name: 'memberlist' },
      deployment: 'controller',
      onMade: (how) => made.push(how),
      onError: ({ message }) => errors.push(message),
    })
    const key = () => get('secret/memberlist', '{.data.secretkey}')
    const first = await eventually(key, 60_000)
    assert.match(atob(first), /^[A-Za-z0-9+/]{22}$/)
    const owner = await get('secret/memberlist', '{.metadata.ownerReferences[*].uid}')
    assert.equal(owner, await get('deployment/controller', '{.metadata.uid}'))
    await eventually(() => assert.equal(made.length, 1))
    await server.kubectl('delete', '-n', NAMESPACE, 'secret/memberlist')
    assert.equal(await eventually(key, 60_000), first)
    await eventually(() => assert.deepEqual(made, ['a new key', 'the key that stood there']))
    assert.deepEqual(errors, [])
  })
})

// Over an API server in memory: what happens to the objects, what is served, and what is said.
// test/kube/webhook.test.ts lets a real API server ask.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, suite, test } from 'node:test'
import { connect } from 'node:tls'
import { eventually } from '../../test/support/eventually.ts'
import { type FakeApiServer, startFakeApiServer } from '../../test/support/fake-api-server.ts'
import { temporaryFolder } from '../../test/support/folder.ts'
import { freePort } from '../../test/support/free-port.ts'
import { openAccess } from '../kube/access.ts'
import { openClient } from '../kube/client.ts'
import { openLog } from '../log.ts'
import { renewed } from '../webhook/certs.ts'
import { vouchesFor } from '../webhook/chain.ts'
import type { Standing } from '../webhook/review.ts'
import { WebhookRunner } from './webhook-runner.ts'

const SECRETS = '/api/v1/namespaces/ours/secrets'
const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const CONFIGURATION = `${CONFIGURATIONS}/metallb-webhook-configuration`
const DNS_NAME = 'hook.ours.svc'
const NOTHING = { 'ca.crt': '', 'ca.key': '', 'tls.crt': '', 'tls.key': '' }

const secret = (data: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'cert', namespace: 'ours' }, data },
})
const configuration = (caBundle?: string, annotations: object = {}) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'metallb-webhook-configuration', annotations },
  webhooks: [{ name: 'a', clientConfig: caBundle === undefined ? {} : { caBundle } }],
})
const definition = (name: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name },
  spec: { conversion: { webhook: { clientConfig: {} } } },
})

interface Fields {
  readonly [field: string]: Fields
}
const decode = (text: unknown) => atob(String(text ?? ''))

async function start(prepare: (server: FakeApiServer) => void, certDir?: string) {
  const server = await startFakeApiServer()
  prepare(server)
  const client = openClient(openAccess(server.url))
  const said: string[] = []
  const port = await freePort()
  const runner = new WebhookRunner({
    client,
    settings: {
      ...{ namespace: 'ours', secret: 'cert', dnsName: DNS_NAME, certDir, heardMs: 50 },
      ...{ host: '127.0.0.1', port, tls: { minVersion: 'TLSv1.3' } },
    },
    standing: () => ({}) as Standing,
    log: openLog('info', { write: (line) => said.push(line) }),
  })
  const stored = () => ((server.get(`${SECRETS}/cert`) as unknown as Fields)?.data ?? {}) as Fields
  const bundles = () => {
    const { webhooks } = server.get(CONFIGURATION) as unknown as { webhooks: Fields[] }
    const crd = server.get(`${DEFINITIONS}/bgppeers.metallb.io`) as unknown as Fields | undefined
    const told = [webhooks[0], ...(crd ? [crd.spec!.conversion!.webhook] : [])]
    return told.map((one) => decode(one!.clientConfig!.caBundle))
  }
  const served = async (): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port, servername: DNS_NAME, ca: bundles()[0] })
    await once(socket, 'secureConnect')
    const pem = socket.getPeerX509Certificate()!.toString()
    socket.destroy()
    return pem
  }
  const ready = () => eventually(() => assert.equal(runner.unready(), undefined), 30_000)
  const end = async () => {
    await runner[Symbol.asyncDispose]()
    client[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, runner, said, stored, bundles, served, ready, [Symbol.asyncDispose]: end }
}

function install(server: FakeApiServer): void {
  server.put(SECRETS, secret())
  server.put(CONFIGURATIONS, configuration())
  server.put(DEFINITIONS, definition('bgppeers.metallb.io'))
  server.put(DEFINITIONS, definition('addresspools.metallb.io'))
}

suite('the webhook and its certificate', () => {
  test('an installation: all is filled in, served and ready, and then nothing is written', async () => {
    await using fake = await start(install)
    assert.match(fake.runner.unready() ?? '', /no certificate yet/)
    await fake.ready()
    const certificate = await fake.served()
    assert.equal(decode(fake.stored()['tls.crt']), certificate)
    for (const bundle of fake.bundles()) assert.ok(vouchesFor(bundle, certificate))
    // The echo of each of our writes is a look; none of the looks writes.
    await eventually(() => assert.equal(fake.server.watchCount, 4))
    const writes = () => fake.server.asked.filter(({ method }) => method === 'PATCH').length
    assert.equal(writes(), 4)
  })

  test('a bundle that is blanked or replaced is put right', async () => {
    await using fake = await start(install)
    await fake.ready()
    const [before] = fake.bundles()
    fake.server.put(CONFIGURATIONS, configuration())
    await eventually(() => assert.equal(fake.bundles()[0], before))
    fake.server.put(CONFIGURATIONS, configuration(btoa('-----BEGIN other-----')))
    await eventually(() => assert.equal(fake.bundles()[0], before))
    fake.server.put(DEFINITIONS, definition('bgppeers.metallb.io'))
    await eventually(() => assert.equal(fake.bundles()[1], before))
    await fake.ready()
  })

  test('while another authority is told it is not ready, and says which object does', async () => {
    await using fake = await start(install)
    await fake.ready()
    fake.server.intercept = ({ method, path }, response) => {
      if (method !== 'PATCH' || path !== CONFIGURATION) return false
      response.destroy()
      return true
    }
    fake.server.put(CONFIGURATIONS, configuration())
    await eventually(() => {
      assert.match(fake.runner.unready() ?? '', /^metallb-webhook-configuration tells .* another/)
      assert.match(fake.said.join(''), /"the webhook certificate"/)
    })
    fake.server.intercept = () => false
    await fake.ready()
    await eventually(() => assert.match(fake.said.join(''), /well again/))
  })

  for (const [what, act] of [
    ['emptied', (server: FakeApiServer) => void server.put(SECRETS, secret())],
    ['deleted', (server: FakeApiServer) => server.remove(`${SECRETS}/cert`)],
  ] as const) {
    test(`a Secret that is ${what}: another authority, and never a moment without trust`, async () => {
      await using fake = await start(install)
      await fake.ready()
      const before = await fake.served()
      act(fake.server)
      await eventually(() => assert.match(decode(fake.stored()['tls.crt']), /CERTIFICATE/))
      const next = decode(fake.stored()['tls.crt'])
      assert.notEqual(next, before)
      await eventually(async () => {
        // `served` fails where the bundle does not vouch for what is shown.
        assert.equal(await fake.served(), next)
      }, 30_000)
      await fake.ready()
    })
  }

  test('cert-manager fills in one object: we write the others', async () => {
    const annotations = { 'cert-manager.io/inject-ca-from': 'ours/cert' }
    await using fake = await start((server) => {
      install(server)
      server.put(CONFIGURATIONS, configuration(btoa('theirs'), annotations))
    })
    await eventually(() => assert.match(fake.bundles()[1]!, /CERTIFICATE/))
    await eventually(() => assert.match(fake.runner.unready() ?? '', /another authority/))
    assert.equal(fake.bundles()[0], 'theirs')
  })

  test('somebody who blanks it again and again is not fought', async () => {
    await using fake = await start(install)
    await fake.ready()
    await eventually(() => {
      if (fake.bundles()[0] !== '') fake.server.put(CONFIGURATIONS, configuration())
      assert.match(fake.said.join(''), /somebody else keeps writing caBundle/)
    })
    const patches = () => fake.server.asked.filter((one) => one.method === 'PATCH')
    assert.equal(patches().filter(({ path }) => path === CONFIGURATION).length, 5)
    // And comes right once the other one has stopped.
    await fake.ready()
  })

  test('what is not installed is nobody to tell', async () => {
    await using fake = await start((server) => {
      server.put(SECRETS, secret())
      server.put(CONFIGURATIONS, configuration())
    })
    await fake.ready()
  })
})

suite('--disable-cert-rotation', () => {
  const make = () => renewed(Date.now(), NOTHING, DNS_NAME)
  const [one, two] = [make(), make()]
  const folder = temporaryFolder()
  before(() => {
    for (const name of ['tls.crt', 'tls.key'] as const) folder.write(name, one[name])
  })
  after(() => folder[Symbol.dispose]())

  test('files are served, again when they change, and nothing is written', async () => {
    const both = btoa(one['ca.crt'] + two['ca.crt'])
    await using fake = await start((server) => {
      server.put(CONFIGURATIONS, configuration(both))
    }, folder.dir)
    await fake.ready()
    assert.equal(await fake.served(), one['tls.crt'])
    folder.write('tls.crt', two['tls.crt'])
    await eventually(() => assert.match(fake.said.join(''), /are not a pair/))
    assert.equal(await fake.served(), one['tls.crt'])
    folder.write('tls.key', two['tls.key'])
    await eventually(async () => assert.equal(await fake.served(), two['tls.crt']))
    const changing = fake.server.asked.filter(({ method }) => method !== 'GET')
    assert.deepEqual(changing, [])
  })

  test('not ready while the API server is told another authority', async () => {
    await using fake = await start((server) => {
      server.put(CONFIGURATIONS, configuration(btoa(one['ca.crt'])))
    }, folder.dir)
    await eventually(() => assert.match(fake.runner.unready() ?? '', /another authority/))
    // Without any bundle it asks authorities that we do not know.
    fake.server.put(CONFIGURATIONS, configuration())
    await fake.ready()
  })
})
